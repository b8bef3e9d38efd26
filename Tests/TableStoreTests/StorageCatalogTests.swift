import DynamoDB
import Testing

@testable import TableStore

/// Definitions, numbers, streams, records and tokens.
@Suite struct StorageCatalogTests {
    let storage: Storage

    init() throws {
        storage = try Storage(file: nil)
        try storage.begin()
    }

    @Test func numbersAreGivenOnce() throws {
        #expect(try (0..<3).map { _ in try storage.nextNumber() } == [1, 2, 3])
    }

    @Test func definitionsAreKeptByNumber() throws {
        try storage.save(Array("two".utf8), of: 2)
        try storage.save([], of: 1)
        try storage.save(Array("zwei".utf8), of: 2)
        let saved = try storage.definitions()
        #expect(saved.map(\.number) == [1, 2])
        #expect(saved.map(\.definition) == [[], Array("zwei".utf8)])
    }

    @Test func aTableGoesWithItsItems() throws {
        for table in [1, 2] as [Int64] {
            try storage.save([0], of: table)
            for name in ["a", "b"] {
                try storage.put(StoredItem(name, size: 1), expiry: 1, at: StorageKey(0, name), in: table)
            }
        }
        try storage.removeTable(1)
        #expect(try storage.definitions().map(\.number) == [2])
        #expect(try storage.itemStatistics(of: 1) == Table.Statistics())
        #expect(try storage.all(of: 2).count == 2)
        #expect(try storage.expired(in: 1, before: 9, limit: 9) == [])
        #expect(try storage.connection.column("SELECT count(*) FROM contents") == ["2"])
    }

    @Test func recordsAreNumberedInOrder() throws {
        let numbers = try (0..<6).map { number in
            try storage.appendRecord([UInt8(number)], to: Int64(number % 2), at: Int64(100 + number))
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 6)
        let odd = try storage.records(of: 1, from: 0, limit: 10)
        #expect(odd.map(\.record) == [[1], [3], [5]])
        #expect(odd.map(\.appendedAt) == [101, 103, 105])
        #expect(odd.map(\.number) == [numbers[1], numbers[3], numbers[5]])
        #expect(try storage.records(of: 1, from: numbers[1] + 1, limit: 1).map(\.record) == [[3]])
        #expect(try storage.records(of: 1, from: numbers[3], limit: 9).map(\.record) == [[3], [5]])
        #expect(try storage.records(of: 1, from: numbers[5] + 1, limit: 9) == [])
        #expect(try storage.records(of: 1, from: 0, limit: -1) == [])
        #expect(try storage.lastRecord(of: 0) == numbers[4])
        #expect(try storage.lastRecord(of: 7) == nil)
    }

    @Test func trimmedRecordsLeaveTheirNumbersUnused() throws {
        let numbers = try (0..<4).map { try storage.appendRecord([], to: 1, at: Int64($0)) }
        try storage.trimRecords(before: 3, limit: 2)
        #expect(try storage.records(of: 1, from: 0, limit: 9).map(\.appendedAt) == [2, 3])
        try storage.trimRecords(before: 3, limit: -1)
        #expect(try storage.records(of: 1, from: 0, limit: 9).map(\.appendedAt) == [2, 3])
        try storage.trimRecords(before: 100, limit: 9)
        #expect(try storage.lastRecord(of: 1) == nil)
        #expect(try storage.appendRecord([], to: 2, at: 0) > numbers[3])
    }

    @Test func aStreamGoesWithItsRecords() throws {
        for stream in [4, 3] as [Int64] {
            try storage.saveStream(Array("s\(stream)".utf8), number: stream)
            _ = try storage.appendRecord([], to: stream, at: 0)
        }
        try storage.saveStream(Array("new".utf8), number: 4)
        #expect(try storage.streams().map(\.number) == [3, 4])
        #expect(try storage.streams().map(\.description) == [Array("s3".utf8), Array("new".utf8)])
        try storage.removeStream(3)
        #expect(try storage.streams().map(\.number) == [4])
        #expect(try storage.lastRecord(of: 3) == nil)
        #expect(try storage.lastRecord(of: 4) != nil)
    }

    @Test func tokensAreRememberedForAWhile() throws {
        let saved = SavedToken(request: [1], outcome: [])
        try storage.saveToken([7], saved, at: 100)
        #expect(try storage.token([7], after: 99) == saved)
        #expect(try storage.token([7], after: 100) == nil)
        #expect(try storage.token([8], after: 0) == nil)
        let other = SavedToken(request: [2], outcome: [3])
        try storage.saveToken([7], other, at: 200)
        #expect(try storage.token([7], after: 100) == other)
        try storage.saveToken([9], saved, at: 300)
        try storage.trimTokens(before: 300)
        #expect(try storage.token([7], after: 0) == nil)
        #expect(try storage.token([9], after: 0) == saved)
    }
}
