import DynamoDB

/// A place among the items of a table, or the entries of an index, whether something is there or not.
///
/// In the order of the database: slot, partition, sort, then the same of the table's key; bytes compare as unsigned, and
/// what another begins with comes before it.
struct StoragePosition: Sendable, Equatable {
    var key: StorageKey
    /// The table's key of an index entry (``StorageKey/tied``); before all of them where there is none.
    var base = StorageKey(slot: .min, partition: [], sort: [])

    /// Before all of a slot.
    init(beginOf slot: Int64) {
        key = StorageKey(slot: slot, partition: [], sort: [])
    }

    /// Before all with `key`.
    init(_ key: StorageKey) {
        self.key = key
    }

    /// At an entry, or before all with `start`'s key.
    init(at start: StorageRange.Start) {
        key = start.key
        if let base = start.base { self.base = base.tied }
    }

    /// Right behind `start`.
    init(after start: StorageRange.Start) {
        self.init(at: start)
        if start.base == nil { key.sort.append(0) } else { base.sort.append(0) }
    }

    static func < (one: Self, other: Self) -> Bool {
        if one.key != other.key { return precedes(one.key, other.key) }
        return precedes(one.base, other.base)
    }

    private static func precedes(_ one: StorageKey, _ other: StorageKey) -> Bool {
        if one.slot != other.slot { return one.slot < other.slot }
        if one.partition != other.partition { return one.partition.lexicographicallyPrecedes(other.partition) }
        return one.sort.lexicographicallyPrecedes(other.sort)
    }
}

extension StorageKey {
    /// The table's key as entries with equal index keys go by it: in place of the slot, the hash of the whole key.
    var tied: StorageKey {
        StorageKey(slot: KeyHash.prefix(partition, sort), partition: partition, sort: sort)
    }
}

extension StorageRange {
    /// The range as two positions, the first inside, the second behind its end.
    var bounds: (lower: StoragePosition, upper: StoragePosition) {
        var (lower, upper) = extentBounds
        if let start, isForward {
            let first = StoragePosition(after: start)
            if lower < first { lower = first }
        } else if let start {
            let end = StoragePosition(at: start)
            if end < upper { upper = end }
        }
        return (lower, upper)
    }

    private var extentBounds: (lower: StoragePosition, upper: StoragePosition) {
        switch extent {
        case .slots(let slots):
            // The last slot is far below the greatest number.
            let end = slots.upperBound == .max ? .max : slots.upperBound + 1
            return (StoragePosition(beginOf: slots.lowerBound), StoragePosition(beginOf: end))
        case .partition(let slot, let partition, let sorts):
            var lower = StorageKey(slot: slot, partition: partition, sort: [])
            var upper = lower
            if let bound = sorts.lower { lower.sort = bound.isInclusive ? bound.bytes : bound.bytes + [0] }
            if let bound = sorts.upper {
                upper.sort = bound.isInclusive ? bound.bytes + [0] : bound.bytes
            } else {
                upper.partition.append(0)
            }
            return (StoragePosition(lower), StoragePosition(upper))
        }
    }
}
