import DynamoDB
import Testing

@testable import TableStore

@Suite struct StorageItemTests {
    let storage: Storage

    init() throws {
        storage = try Storage(file: nil)
        try storage.begin()
    }

    @Test func anItemIsThereUntilItIsRemoved() throws {
        let key = StorageKey(7, "a", "1")
        #expect(try storage.item(key, in: 1) == nil)
        try storage.put(StoredItem("{}", size: 5), expiry: nil, at: key, in: 1)
        #expect(try storage.item(key, in: 1) == StoredItem("{}", size: 5))
        #expect(try storage.item(key, in: 2) == nil)
        #expect(try storage.item(StorageKey(7, "a"), in: 1) == nil)
        #expect(try storage.item(StorageKey(8, "a", "1"), in: 1) == nil)
        try storage.removeItem(key, in: 2)
        #expect(try storage.item(key, in: 1) != nil)
        try storage.removeItem(key, in: 1)
        #expect(try storage.item(key, in: 1) == nil)
        try storage.removeItem(key, in: 1)
        #expect(try storage.connection.column("SELECT count(*) FROM contents") == ["0"])
    }

    @Test func putReplaces() throws {
        let key = StorageKey(0, "a")
        try storage.put(StoredItem("one", size: 3), expiry: 5, at: key, in: 1)
        try storage.put(StoredItem("other", size: 5), expiry: nil, at: key, in: 1)
        #expect(try storage.item(key, in: 1) == StoredItem("other", size: 5))
        #expect(try storage.itemStatistics(of: 1) == Table.Statistics(items: 1, bytes: 5))
        #expect(try storage.expired(in: 1, before: 100, limit: 10) == [])
        try storage.put(StoredItem("third", size: 5), expiry: 7, at: key, in: 1)
        #expect(try storage.item(key, in: 1) == StoredItem("third", size: 5))
        #expect(try storage.expired(in: 1, before: 100, limit: 10) == [key])
        #expect(try storage.connection.column("SELECT count(*) FROM contents") == ["1"])
    }

    @Test(arguments: [0, 1, 1000, 4096, 16384, 409_600]) func bytesComeBackAsTheyWere(count: Int) throws {
        let key = StorageKey(0xFFFF_FFFF, String(repeating: "p", count: 2048), String(repeating: "s", count: 1024))
        let item = StoredItem(json: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }, size: count)
        try storage.put(item, expiry: nil, at: key, in: .max)
        #expect(try storage.item(key, in: .max) == item)
        var found: [StoredItem] = []
        try storage.items(in: .max, StorageRange(extent: .slots(0...0xFFFF_FFFF))) {
            #expect($0 == key)
            found.append($1)
            return true
        }
        #expect(found == [item])
    }

    @Test func statisticsAreOfOneTable() throws {
        for number in 0..<10 {
            let key = StorageKey(Int64(number % 2), "p\(number % 4)", "\(number)")
            try storage.put(StoredItem("x", size: number), expiry: nil, at: key, in: 1)
        }
        try storage.put(StoredItem("x", size: 100), expiry: nil, at: StorageKey(0, "p0", "0"), in: 2)
        #expect(try storage.itemStatistics(of: 1) == Table.Statistics(items: 10, bytes: 45))
        #expect(try storage.itemStatistics(of: 2) == Table.Statistics(items: 1, bytes: 100))
        #expect(try storage.itemStatistics(of: 3) == Table.Statistics())
        #expect(try storage.itemBytes(of: 1, slot: 0, partition: Array("p0".utf8)) == 0 + 4 + 8)
        #expect(try storage.itemBytes(of: 1, slot: 1, partition: Array("p3".utf8)) == 3 + 7)
        #expect(try storage.itemBytes(of: 1, slot: 1, partition: Array("p".utf8)) == 0)
    }

    @Test func theExpiredComeOldestFirst() throws {
        let expiries: [(String, Int64?)] = [("a", 30), ("b", 10), ("c", nil), ("d", 20), ("e", 40), ("f", -5)]
        for (name, expiry) in expiries {
            try storage.put(StoredItem("x", size: 1), expiry: expiry, at: StorageKey(1, name), in: 1)
        }
        try storage.put(StoredItem("x", size: 1), expiry: 1, at: StorageKey(1, "other"), in: 2)
        let keys = { (names: String...) in names.map { StorageKey(1, $0) } }
        #expect(try storage.expired(in: 1, before: 40, limit: 10) == keys("f", "b", "d", "a"))
        #expect(try storage.expired(in: 1, before: 40, limit: 2) == keys("f", "b"))
        #expect(try storage.expired(in: 1, before: 40, limit: 0) == [])
        #expect(try storage.expired(in: 1, before: 40, limit: -1) == [])
        try storage.setExpiry(nil, at: StorageKey(1, "f"), in: 1)
        try storage.setExpiry(15, at: StorageKey(1, "c"), in: 1)
        try storage.setExpiry(15, at: StorageKey(1, "nobody"), in: 1)
        #expect(try storage.expired(in: 1, before: 20, limit: 10) == keys("b", "c"))
        try storage.clearExpiries(of: 1)
        #expect(try storage.expired(in: 1, before: .max, limit: 10) == [])
        #expect(try storage.expired(in: 2, before: .max, limit: 10) == keys("other"))
        #expect(try storage.itemStatistics(of: 1).items == 6)
    }

    @Test func rangesCanBeReadWithinRanges() throws {
        for number in 0..<9 {
            let key = StorageKey(Int64(number / 3), "p\(number / 3)", "\(number % 3)")
            try storage.put(StoredItem("\(number)", size: number), expiry: nil, at: key, in: 1)
        }
        let everything = StorageRange(extent: .slots(0...10))
        var seen: [String] = []
        try storage.items(in: 1, everything) { (key, item) throws(ErrorReply) in
            let same = try storage.item(key, in: 1)
            #expect(same == item)
            let bytes = try storage.itemBytes(of: 1, slot: key.slot, partition: key.partition)
            var inner = 0
            try storage.items(in: 1, everything) { (_, item) throws(ErrorReply) in
                inner += item.size
                return inner < 20
            }
            #expect(inner == 21)
            seen.append("\(item.size):\(bytes)")
            return seen.count < 7
        }
        #expect(seen == ["0:3", "1:3", "2:3", "3:12", "4:12", "5:12", "6:21"])
    }

    @Test func aBodyThatThrowsEndsTheReading() throws {
        for number in 0..<3 {
            try storage.put(StoredItem("x", size: 1), expiry: nil, at: StorageKey(0, "\(number)"), in: 1)
        }
        var seen = 0
        for _ in 0..<2 {
            #expect(throws: ErrorReply.validation("enough")) {
                try storage.items(in: 1, StorageRange(extent: .slots(0...0))) { (_, _) throws(ErrorReply) in
                    seen += 1
                    throw .validation("enough")
                }
            }
        }
        #expect(seen == 2)
        #expect(storage.failure == nil)
        // A statement still at a row would keep the transaction from ending.
        try storage.removeTable(1)
        try storage.commit()
        try storage.begin()
        #expect(try storage.itemStatistics(of: 1).items == 0)
    }
}
