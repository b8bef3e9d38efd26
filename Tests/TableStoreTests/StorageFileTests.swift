import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct StorageFileTests {
    let folder: StorageFolder

    init() throws {
        folder = try StorageFolder()
    }

    /// A store with something in each table.
    private func filled(_ name: String = "store.db") throws -> Storage {
        let storage = try Storage(file: folder.file(name))
        try storage.begin()
        try storage.save([1, 2], of: try storage.nextNumber())
        for number in 0..<20 {
            let key = StorageKey(Int64(number), "p\(number)", "s")
            let json = String(repeating: "\(number)", count: number * 100)
            try storage.put(StoredItem(json, size: number), expiry: Int64(number), at: key, in: 1)
            try storage.putEntry(IndexEntry(key: StorageKey(1, "i"), base: key, size: number), in: 2)
        }
        _ = try storage.appendRecord([3], to: 3, at: 5)
        try storage.saveStream([4], number: 3)
        try storage.saveToken([5], SavedToken(request: [6], outcome: [7]), at: 8)
        try storage.commit()
        return storage
    }

    private func expectFilled(_ storage: Storage) throws {
        let items = try storage.all(of: 1)
        #expect(items.count == 20)
        for number in 0..<20 {
            let json = String(repeating: "\(number)", count: number * 100)
            #expect(items[StorageKey(Int64(number), "p\(number)", "s")] == StoredItem(json, size: number))
        }
        #expect(try storage.definitions().map(\.definition) == [[1, 2]])
        #expect(try storage.entryStatistics(of: 2) == Table.Statistics(items: 20, bytes: 190))
        #expect(try storage.expired(in: 1, before: 9, limit: 100).count == 9)
        #expect(try storage.records(of: 3, from: 0, limit: 9).map(\.record) == [[3]])
        #expect(try storage.streams().map(\.description) == [[4]])
        #expect(try storage.token([5], after: 0) == SavedToken(request: [6], outcome: [7]))
    }

    @Test func dataIsThereAfterTheStoreIsOpenedAgain() throws {
        _ = try filled()
        // The log of commits is gone when a store was closed well.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store.db"])
        for round in 1...3 as ClosedRange<Int64> {
            let storage = try Storage(file: folder.file())
            try expectFilled(storage)
            try storage.begin()
            #expect(try storage.nextNumber() == round + 1)
            try storage.trimRecords(before: 0, limit: 9)
            try storage.commit()
        }
    }

    @Test func numbersOfRecordsGoOnAfterAllWereTrimmed() throws {
        let last = try filled().lastRecord(of: 3)
        var storage: Storage? = try Storage(file: folder.file())
        try storage?.begin()
        try storage?.trimRecords(before: .max, limit: .max)
        try storage?.commit()
        storage = nil
        let again = try Storage(file: folder.file())
        try again.begin()
        #expect(try again.appendRecord([], to: 9, at: 0) > last ?? .max)
    }

    /// Files as they are at some moment are what a killed process leaves.
    @Test func whatWasCommittedSurvivesAKill() throws {
        let storage = try filled()
        try storage.begin()
        try storage.removeTable(1)
        for name in ["store.db", "store.db-wal"] {
            try folder.write(folder.bytes(name), to: "copy" + name.dropFirst("store".count))
        }
        try expectFilled(Storage(file: folder.file("copy.db")))
        storage.rollback()
        try expectFilled(storage)
    }

    @Test func anEmptyFileBecomesADatabase() throws {
        try folder.write([])
        try expectFilled(filled())
    }

    @Test func namesThatSQLiteWouldInterpretAreFiles() throws {
        let old = FileManager.default.currentDirectoryPath
        #expect(throws: StorageOpenError.self) { try Storage(file: "") }
        #expect(throws: StorageOpenError.self) { try Storage(file: "a\0b") }
        for name in [":memory:", "file:x?mode=memory", "what?cache=shared#1", "ünï 'quoted'.db"] {
            _ = try filled(name)
            #expect(try folder.bytes(name).count > 4096)
            try expectFilled(Storage(file: folder.file(name)))
        }
        #expect(FileManager.default.currentDirectoryPath == old)
    }

    /// Creating a database is one transaction, whose journal SQLite goes by.
    @Test(arguments: [false, true]) func anInterruptedCreationIsBegunAgain(isHeaderLost: Bool) throws {
        var connection: Connection? = try Connection(folder.file())
        // The cache is too small to keep what the transaction writes.
        try connection?.execute("PRAGMA cache_size = 1; PRAGMA page_size = 512")
        try connection?.execute("BEGIN; \(Schema.creation)")
        try connection?.execute("INSERT INTO definitions VALUES (1, zeroblob(100000)), (2, zeroblob(100000))")
        var bytes = try folder.bytes()
        let journal = try folder.bytes("store.db-journal")
        connection = nil
        try #require(bytes.count > 1000 && journal.count > 100)
        if isHeaderLost { bytes.replaceSubrange(0..<512, with: repeatElement(0, count: 512)) }
        try folder.write(bytes)
        try folder.write(journal, to: "store.db-journal")
        try expectFilled(filled())
    }

    // MARK: Others

    @Test func oneStoreOfAProcessHasTheFile() throws {
        let storage = try filled()
        let link = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file())
        for name in [folder.file(), link, folder.path + "/./store.db"] {
            let error = #expect(throws: StorageOpenError.self) { try Storage(file: name) }
            #expect(error?.kind == .inUse)
            #expect(error?.description.contains(name) == true)
        }
        try expectFilled(storage)
        // The refused have not let go of the lock.
        #expect(try python("BEGIN IMMEDIATE") == "database is locked")
        try storage.begin()
        try storage.commit()
    }

    @Test func aClosedStoreCanBeOpened() throws {
        _ = try filled()
        try expectFilled(Storage(file: folder.file()))
        try expectFilled(Storage(file: folder.file()))
    }

    @Test func otherProcessesAreKeptAway() throws {
        let storage = try filled()
        #expect(try python("SELECT * FROM sqlite_schema") == "database is locked")
        #expect(try python("BEGIN EXCLUSIVE") == "database is locked")
        try expectFilled(storage)
    }

    @Test(arguments: ["SELECT count(*) FROM items", "BEGIN EXCLUSIVE"])
    func aDatabaseThatAnotherProcessHasIsInUse(statement: String) throws {
        _ = try filled()
        let before = try folder.bytes()
        let other = try PythonProcess(statement, file: folder.file())
        #expect(other.answer == "done")
        for _ in 0..<2 {
            let error = #expect(throws: StorageOpenError.self) { try Storage(file: folder.file()) }
            #expect(error?.kind == .inUse)
        }
        #expect(try folder.bytes() == before)
        other.end()
        try expectFilled(Storage(file: folder.file()))
    }

    private func python(_ statement: String) throws -> String {
        let process = try PythonProcess(statement, file: folder.file())
        process.end()
        return process.answer
    }
}

/// A process that runs one statement and holds its locks until it is ended.
final class PythonProcess {
    private let process = Process()
    private let input = Pipe()
    /// `done`, or SQLite's message.
    let answer: String

    init(_ statement: String, file: String) throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
            try:
                cursor = connection.execute(sys.argv[2])
                cursor.fetchone()
                print("done", flush=True)
                sys.stdin.read()
            except sqlite3.Error as error:
                print(error, flush=True)
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, file, statement]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        answer = String(decoding: line, as: UTF8.self)
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
