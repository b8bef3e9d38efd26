import Testing

@testable import DynamoDB
@testable import TableStore

/// Ranges against a sorted array.
@Suite struct StorageRangeTests {
    private static let bytes: [UInt8] = [0x00, 0x01, 0x61, 0xFE, 0xFF]

    private var random: StorageRandom

    init() {
        random = StorageRandom(state: 11)
    }

    private mutating func randomBytes(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in
            Self.bytes[Int.random(in: 0..<Self.bytes.count, using: &random)]
        }
    }

    private mutating func randomKey() -> StorageKey {
        let partition = randomBytes(1...2)
        // A partition is in one slot.
        let slot = partition.reduce(0) { $0 + Int64($1) } % 4
        return StorageKey(slot: slot, partition: partition, sort: randomBytes(0...3))
    }

    private mutating func randomTest() -> KeyCondition.Test? {
        let value = AttributeValue.binary(randomBytes(0...3))
        switch Int.random(in: 0...7, using: &random) {
        case 0: return .comparison(.less, value)
        case 1: return .comparison(.lessOrEqual, value)
        case 2: return .comparison(.greater, value)
        case 3: return .comparison(.greaterOrEqual, value)
        case 4: return .comparison(.equal, value)
        case 5: return .between(value, .binary(randomBytes(0...3)))
        case 6: return .beginsWith(value)
        default: return nil
        }
    }

    private mutating func randomRange(near keys: [StorageKey]) -> StorageRange {
        var range: StorageRange
        if Bool.random(using: &random) {
            let first = Int64.random(in: -1...3, using: &random)
            range = StorageRange(extent: .slots(first...Int64.random(in: first...4, using: &random)))
        } else {
            let isOutside = Int.random(in: 0...9, using: &random) == 0
            let key = isOutside ? randomKey() : keys[Int.random(in: keys.indices, using: &random)]
            let sorts = randomTest().map { SortKeyRange($0) } ?? SortKeyRange()
            range = StorageRange(extent: .partition(slot: key.slot, key.partition, sorts))
        }
        range.isForward = Bool.random(using: &random)
        return range
    }

    private static func precedes(_ one: StorageKey, _ other: StorageKey) -> Bool {
        if one.slot != other.slot { return one.slot < other.slot }
        if one.partition != other.partition { return one.partition.lexicographicallyPrecedes(other.partition) }
        return one.sort.lexicographicallyPrecedes(other.sort)
    }

    private static func contains(_ extent: StorageRange.Extent, _ key: StorageKey) -> Bool {
        switch extent {
        case .slots(let slots): slots.contains(key.slot)
        case .partition(let slot, let partition, let sorts):
            key.slot == slot && key.partition == partition && sorts.contains(key.sort)
        }
    }

    @Test mutating func itemsAreThoseOfASortedArray() throws {
        let storage = try Storage(file: nil)
        try storage.begin()
        var sizes: [StorageKey: Int] = [:]
        for size in 0..<400 {
            let key = randomKey()
            sizes[key] = size
            try storage.put(StoredItem("\(size)", size: size), expiry: nil, at: key, in: 5)
            // Tables before and after, which no range may reach.
            let other: Int64 = size.isMultiple(of: 2) ? 4 : 6
            try storage.put(StoredItem("no", size: -1), expiry: nil, at: randomKey(), in: other)
        }
        let keys = sizes.keys.sorted(by: Self.precedes)
        var rows = 0
        for _ in 0..<3000 {
            var range = randomRange(near: keys)
            if Bool.random(using: &random) {
                let key = Bool.random(using: &random) ? randomKey() : keys[Int.random(in: keys.indices, using: &random)]
                range.start = StorageRange.Start(key: key)
            }
            var expected = keys.filter { Self.contains(range.extent, $0) }
            if !range.isForward { expected.reverse() }
            if let start = range.start?.key {
                expected.removeAll {
                    $0 == start || range.isForward && Self.precedes($0, start)
                        || !range.isForward && Self.precedes(start, $0)
                }
            }
            let limit = Int.random(in: 0...20, using: &random)
            var found: [StorageKey] = []
            try storage.items(in: 5, range) { key, item in
                #expect(item == StoredItem("\(sizes[key] ?? -1)", size: sizes[key] ?? -1))
                found.append(key)
                return found.count <= limit
            }
            #expect(found == Array(expected.prefix(limit + 1)), "\(range)")
            rows += found.count
        }
        #expect(rows > 5000)
    }

    @Test mutating func entriesAreThoseOfASortedArray() throws {
        let storage = try Storage(file: nil)
        try storage.begin()
        var bases: [StorageKey] = []
        var entries: [IndexEntry] = []
        for number in 0..<150 {
            let base = randomKey()
            if bases.contains(base) { continue }
            bases.append(base)
            try storage.put(StoredItem("\(number)", size: number), expiry: nil, at: base, in: 5)
        }
        for number in 0..<600 {
            // Few keys, so that many entries share one.
            let key = StorageKey(slot: Int64(number % 3), partition: [1], sort: randomBytes(0...2))
            let entry = IndexEntry(key: key, base: bases[Int.random(in: bases.indices, using: &random)], size: number)
            entries.removeAll { $0.key == entry.key && $0.base == entry.base }
            entries.append(entry)
            try storage.putEntry(entry, in: 8)
            try storage.putEntry(entry, in: number.isMultiple(of: 2) ? 7 : 9)
        }
        let precedes = { (one: IndexEntry, other: IndexEntry) in
            one.key == other.key ? Self.precedes(one.base.tied, other.base.tied) : Self.precedes(one.key, other.key)
        }
        entries.sort(by: precedes)
        var rows = 0
        for _ in 0..<3000 {
            var range = randomRange(near: entries.map(\.key))
            if Bool.random(using: &random) {
                let entry = entries[Int.random(in: entries.indices, using: &random)]
                switch Int.random(in: 0...3, using: &random) {
                case 0: range.start = StorageRange.Start(key: randomKey(), base: randomKey())
                case 1: range.start = StorageRange.Start(key: entry.key, base: randomKey())
                default: range.start = StorageRange.Start(key: entry.key, base: entry.base)
                }
            }
            var expected = entries.filter { Self.contains(range.extent, $0.key) }
            if !range.isForward { expected.reverse() }
            if let start = range.start, let base = start.base {
                let start = IndexEntry(key: start.key, base: base, size: 0)
                expected.removeAll {
                    $0.key == start.key && $0.base == start.base || range.isForward && precedes($0, start)
                        || !range.isForward && precedes(start, $0)
                }
            }
            let limit = Int.random(in: 0...20, using: &random)
            var found: [IndexEntry] = []
            try storage.entries(of: 8, table: 5, range) { (entry, item) throws(ErrorReply) in
                let whole = try storage.item(entry.base, in: 5)
                #expect(whole == item)
                found.append(entry)
                return found.count <= limit
            }
            #expect(found == Array(expected.prefix(limit + 1)), "\(range)")
            rows += found.count
        }
        #expect(rows > 5000)
    }

    /// Pages of any size make up the whole.
    @Test(arguments: [true, false]) func pagesJoinWithoutGapOrOverlap(isForward: Bool) throws {
        var random = StorageRandom(state: 5)
        let storage = try Storage(file: nil)
        try storage.begin()
        let partition: [UInt8] = [9]
        for number in 0..<100 {
            let sort = (0..<number % 4).map { _ in UInt8.random(in: 0...255, using: &random) }
            let base = StorageKey(slot: 1, partition: [UInt8(number)], sort: [])
            try storage.put(StoredItem("x", size: 1), expiry: nil, at: base, in: 1)
            let key = StorageKey(slot: 3, partition: partition, sort: sort)
            try storage.putEntry(IndexEntry(key: key, base: base, size: number), in: 2)
        }
        var range = StorageRange(extent: .partition(slot: 3, partition, SortKeyRange()), isForward: isForward)
        var whole: [IndexEntry] = []
        try storage.entries(of: 2, table: 1, range) { entry, _ in
            whole.append(entry)
            return true
        }
        #expect(whole.count == 100)
        var found: [IndexEntry] = []
        while true {
            let limit = Int.random(in: 1...5, using: &random)
            var page: [IndexEntry] = []
            try storage.entries(of: 2, table: 1, range) { entry, _ in
                page.append(entry)
                return page.count < limit
            }
            found += page
            guard let last = page.last else { break }
            range.start = StorageRange.Start(key: last.key, base: last.base)
        }
        #expect(found == whole)
    }

    @Test func aStartWithoutATablesKeySkipsAllOfItsKey() throws {
        let storage = try Storage(file: nil)
        try storage.begin()
        for name in ["a", "b", "c"] {
            for base in 0..<3 {
                let base = StorageKey(0, "base\(base)")
                try storage.put(StoredItem("x", size: 1), expiry: nil, at: base, in: 1)
                try storage.putEntry(IndexEntry(key: StorageKey(0, "p", name), base: base, size: 1), in: 2)
            }
        }
        for (isForward, rest) in [(true, "c"), (false, "a")] {
            let start = StorageRange.Start(key: StorageKey(0, "p", "b"))
            let range = StorageRange(extent: .slots(0...0), start: start, isForward: isForward)
            var found: [StorageKey] = []
            try storage.entries(of: 2, table: 1, range) { entry, _ in
                found.append(entry.key)
                return true
            }
            #expect(found == Array(repeating: StorageKey(0, "p", rest), count: 3))
        }
    }

    @Test func extremeSlotsAreNoTrouble() throws {
        let storage = try Storage(file: nil)
        try storage.begin()
        let key = StorageKey(0xFFFF_FFFF, "last")
        try storage.put(StoredItem("x", size: 1), expiry: nil, at: key, in: 1)
        for slots in [Int64.min...Int64.max, 0...Int64.max, 0xFFFF_FFFF...0xFFFF_FFFF] {
            for isForward in [true, false] {
                var found: [StorageKey] = []
                try storage.items(in: 1, StorageRange(extent: .slots(slots), isForward: isForward)) { key, _ in
                    found.append(key)
                    return true
                }
                #expect(found == [key])
            }
        }
    }
}
