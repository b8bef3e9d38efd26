/// An entry that a snapshot takes.
@safe public struct ExportedEntry {
    /// The key's bytes, valid only during the call.
    public let key: UnsafeRawBufferPointer
    /// The key's hash.
    public let hash: UInt64
    /// The value's bytes, valid only during the call.
    public let value: UnsafeRawBufferPointer
    /// The caller's 32 bits.
    public let mark: UInt32
    /// Nanoseconds on the caller's clock.
    public let expiresAt: UInt64
    /// The entry's place in the order of eviction.
    public let rank: EntryRank
    /// What to remember of it when it is not to be kept itself; nil when that is nothing.
    public let frequency: Frequency?
}

/// How far an export of entries has come.
public struct ExportCursor: Sendable {
    fileprivate var shard = 0
    fileprivate var isUnderWay = false

    /// The beginning.
    public init() {}
}

/// How far an export of ghosts has come.
public struct GhostCursor: Sendable {
    fileprivate var shard = 0
    fileprivate var region = 0

    /// The beginning.
    public init() {}
}

/// Where an export is in a shard; the shard keeps it valid when segments move or go.
struct ExportPosition {
    /// Which queue, in the policy's order; -1 stands for the segment being emptied.
    var queue = -1
    /// The segment, 0 before a queue's first and behind its last.
    var segment: UInt32 = 0
    var offset = 0
    var hasBegunQueue = false

    mutating func move(to segment: UInt32) {
        self.segment = segment
        offset = Segment.headerBytes
    }
}

extension Store {
    /// Records and bytes looked at in one hold of a shard's lock.
    private static let exportRecords = 128
    private static let exportBytes = 64 << 10

    /// The number of shards: what is said of ghosts holds in a store with as many or fewer.
    public var shardCount: Int { shards.count }

    /// Calls `body` with the next few live entries, those that would be evicted first coming first within each of a
    /// shard's queues.
    ///
    /// Entries that change meanwhile may be left out or come twice, but are never torn. One export at a time. `body` runs
    /// under a shard's lock: it copies what it needs and does not call the store.
    ///
    /// - Returns: false at the end.
    public func export(_ cursor: inout ExportCursor, now: UInt64, _ body: (ExportedEntry) -> Void) -> Bool {
        guard cursor.shard < shards.count else { return false }
        let hasEnded = shards.withShard(cursor.shard) { shard in
            if !cursor.isUnderWay { shard.export = ExportPosition() }
            return shard.exportStep(now: now, records: Self.exportRecords, bytes: Self.exportBytes, body)
        }
        cursor.isUnderWay = !hasEnded
        if hasEnded { cursor.shard += 1 }
        return cursor.shard < shards.count
    }

    /// Calls `body` with the hashes of the next few keys that were evicted but are still remembered.
    ///
    /// Of a hash only the bits are right that a store of as many shards or fewer needs. Ghosts that come or go meanwhile
    /// may be left out or come twice.
    ///
    /// - Returns: false at the end.
    public func exportGhosts(_ cursor: inout GhostCursor, _ body: (_ hash: UInt64, Frequency) -> Void) -> Bool {
        guard cursor.shard < shards.count else { return false }
        let high = UInt64(cursor.shard) << Self.shardShift
        let hasEnded = shards.withShard(cursor.shard) { shard in
            if cursor.region < shard.index.regionCount {
                shard.index.forEachSlot(shard.index.region(cursor.region)) { slot in
                    guard slot.isGhost, let frequency = shard.policy.frequency(ofGhost: slot) else { return }
                    body(high | slot.ghostHash, frequency)
                }
            }
            return cursor.region + 1 >= shard.index.regionCount
        }
        cursor.region += 1
        if hasEnded {
            cursor.region = 0
            cursor.shard += 1
        }
        return cursor.shard < shards.count
    }
}

extension Shard {
    /// Goes on with an export; true at its end.
    mutating func exportStep(now: UInt64, records: Int, bytes: Int, _ body: (ExportedEntry) -> Void) -> Bool {
        var recordsLeft = records
        var bytesLeft = bytes
        while recordsLeft > 0, bytesLeft > 0 {
            if export.segment == 0 {
                if export.hasBegunQueue { export.queue += 1 }
                if export.queue >= QueueTable.count { return true }
                export.hasBegunQueue = true
                export.move(to: export.queue < 0 ? draining : queues[policy.exportOrder(export.queue)].head)
                continue
            }
            recordsLeft -= 1
            let segment = Segment(unit: export.segment, memory: memory)
            guard export.offset < segment.used else {
                export.move(to: export.queue < 0 ? 0 : segment.next)
                continue
            }
            let location = segment.offset + export.offset
            let record = record(at: location)
            export.offset += record.footprint
            bytesLeft -= 64
            guard !record.isDead, !groups.isRetired(record.group) else { continue }
            let expiresAt = record.expiresAt(memory, location)
            guard expiresAt > now else { continue }
            let hash = hash(ofRecordAt: location)
            guard let offset = index.find(hash, { slot in slot.isItem && slot.location == location }) else { continue }
            let counter = index.slot(at: offset).counter
            bytesLeft -= record.payload
            body(
                unsafe ExportedEntry(
                    key: record.key(memory, location),
                    hash: hash,
                    value: record.value(memory, location),
                    mark: record.mark(memory, location),
                    expiresAt: expiresAt,
                    rank: policy.rank(queue: segment.queue, counter: counter, stamp: segment.stamp),
                    frequency: policy.frequency(queue: segment.queue, counter: counter)
                )
            )
        }
        return false
    }
}
