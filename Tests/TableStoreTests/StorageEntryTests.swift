import DynamoDB
import Testing

@testable import TableStore

@Suite struct StorageEntryTests {
    let storage: Storage

    init() throws {
        storage = try Storage(file: nil)
        try storage.begin()
    }

    private func entries(of index: Int64) throws -> [IndexEntry] {
        var found: [IndexEntry] = []
        try storage.entries(of: index, table: 1, StorageRange(extent: .slots(0...10))) { entry, _ in
            found.append(entry)
            return true
        }
        return found
    }

    @Test func entriesComeWithTheirItems() throws {
        let base = StorageKey(1, "base", "s")
        let entry = IndexEntry(key: StorageKey(2, "key"), base: base, size: 4)
        try storage.put(StoredItem("whole", size: 9), expiry: nil, at: base, in: 1)
        try storage.putEntry(entry, in: 3)
        var found = 0
        try storage.entries(of: 3, table: 1, StorageRange(extent: .slots(0...10))) {
            #expect($0 == entry)
            #expect($1 == StoredItem("whole", size: 9))
            found += 1
            return true
        }
        #expect(found == 1)
    }

    @Test func putEntryReplaces() throws {
        let base = StorageKey(1, "base")
        try storage.put(StoredItem("x", size: 1), expiry: nil, at: base, in: 1)
        var entry = IndexEntry(key: StorageKey(2, "key"), base: base, size: 4)
        try storage.putEntry(entry, in: 3)
        entry.size = 6
        try storage.putEntry(entry, in: 3)
        #expect(try entries(of: 3) == [entry])
        #expect(try storage.entryStatistics(of: 3) == Table.Statistics(items: 1, bytes: 6))
    }

    @Test func entriesAreRemovedOneByOneAndAllAtOnce() throws {
        var all: [IndexEntry] = []
        for number in 0..<6 {
            let base = StorageKey(1, "base", "\(number)")
            try storage.put(StoredItem("x", size: 1), expiry: nil, at: base, in: 1)
            all.append(IndexEntry(key: StorageKey(2, "key\(number % 2)"), base: base, size: number))
            for index in [3, 4] as [Int64] { try storage.putEntry(all[number], in: index) }
        }
        #expect(try storage.entryBytes(of: 3, slot: 2, partition: Array("key1".utf8)) == 1 + 3 + 5)
        #expect(try storage.entryBytes(of: 3, slot: 1, partition: Array("key1".utf8)) == 0)
        try storage.removeEntry(at: all[1].key, base: all[1].base, in: 3)
        try storage.removeEntry(at: all[1].key, base: all[2].base, in: 3)
        let left = [0, 2, 4, 3, 5].map { all[$0] }.sorted {
            ($0.key.partition[3], $0.base.tied.slot) < ($1.key.partition[3], $1.base.tied.slot)
        }
        #expect(try entries(of: 3) == left)
        #expect(try storage.entryStatistics(of: 3) == Table.Statistics(items: 5, bytes: 14))
        try storage.removeEntries(of: 3)
        #expect(try entries(of: 3) == [])
        #expect(try storage.entryStatistics(of: 4) == Table.Statistics(items: 6, bytes: 15))
    }
}
