import DynamoDB
import Testing

@testable import TableStore

@Suite struct StorageFailureTests {
    private static let failure = ErrorReply.internalServerError()

    private func put(_ number: Int, in storage: Storage) throws(ErrorReply) {
        let item = StoredItem(json: Array(repeating: UInt8(ascii: "s"), count: 3000), size: number)
        try storage.put(item, expiry: nil, at: StorageKey(1, "secret \(number)"), in: 1)
    }

    @Test(arguments: [true, false]) func aFullDiskIsAnErrorAndNoMore(isFile: Bool) throws {
        let folder = try StorageFolder()
        var storage = try Storage(file: isFile ? folder.file() : nil)
        try storage.begin()
        for number in 0..<10 { try put(number, in: storage) }
        try storage.commit()
        let before = try storage.all(of: 1)
        #expect(before.count == 10)

        try storage.connection.execute("PRAGMA max_page_count = 60")
        for _ in 0..<3 {
            try storage.begin()
            #expect(throws: Self.failure) {
                for number in 5..<1000 { try put(number, in: storage) }
            }
            let failure = try #require(storage.failure)
            #expect(failure.contains("full") && !failure.contains("secret"))
            // SQLite may have ended the transaction: nothing may be written outside of one.
            #expect(throws: Self.failure) { try put(0, in: storage) }
            #expect(throws: Self.failure) { try storage.item(StorageKey(1, "secret 1"), in: 1) }
            #expect(throws: Self.failure) { try storage.begin() }
            #expect(throws: Self.failure) { try storage.commit() }
            storage.rollback()
            #expect(storage.failure == nil)
            #expect(try storage.all(of: 1) == before)
        }

        try storage.connection.execute("PRAGMA max_page_count = 100000")
        try storage.begin()
        for number in 10..<100 { try put(number, in: storage) }
        try storage.commit()
        if isFile {
            storage = try Storage(file: nil)
            storage = try Storage(file: folder.file())
        }
        #expect(try storage.all(of: 1).count == (100))
    }

    @Test func transactionsThatAreOutOfOrderFail() throws {
        let storage = try Storage(file: nil)
        #expect(throws: Self.failure) { try storage.commit() }
        storage.rollback()
        try storage.begin()
        try put(1, in: storage)
        #expect(throws: Self.failure) { try storage.begin() }
        storage.rollback()
        storage.rollback()
        try storage.begin()
        #expect(try storage.all(of: 1).isEmpty)
        try put(1, in: storage)
        try storage.commit()
        storage.rollback()
        #expect(try storage.all(of: 1).count == 1)
    }

    @Test func rollbackUndoesEverything() throws {
        let storage = try Storage(file: nil)
        let key = StorageKey(1, "a")
        let entry = IndexEntry(key: StorageKey(1, "b"), base: key, size: 1)
        let token = SavedToken(request: [], outcome: [])
        try storage.begin()
        let number = try storage.nextNumber()
        try storage.put(StoredItem("old", size: 3), expiry: 1, at: key, in: 1)
        try storage.commit()

        try storage.begin()
        #expect(try storage.nextNumber() == number + 1)
        try storage.save([1], of: 1)
        try storage.put(StoredItem("newer", size: 5), expiry: nil, at: key, in: 1)
        try storage.putEntry(entry, in: 2)
        _ = try storage.appendRecord([1], to: 3, at: 0)
        try storage.saveStream([1], number: 3)
        try storage.saveToken([1], token, at: 1)
        storage.rollback()

        try storage.begin()
        #expect(try storage.nextNumber() == number + 1)
        #expect(try storage.definitions().isEmpty)
        #expect(try storage.item(key, in: 1) == StoredItem("old", size: 3))
        #expect(try storage.expired(in: 1, before: 9, limit: 9) == [key])
        #expect(try storage.entryStatistics(of: 2).items == 0)
        #expect(try storage.lastRecord(of: 3) == nil)
        #expect(try storage.streams().isEmpty)
        #expect(try storage.token([1], after: 0) == nil)
    }
}
