import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// Files that are not what they should be.
@Suite struct StorageDamageTests {
    let folder: StorageFolder

    init() throws {
        folder = try StorageFolder()
    }

    /// A database of a few dozen pages.
    private func makeDatabase() throws -> [UInt8] {
        do {
            let storage = try Storage(file: folder.file())
            try storage.begin()
            try storage.save(Array("definition".utf8), of: 1)
            for number in 0..<60 {
                let key = StorageKey(Int64(number * 7919 % 100), "partition \(number)", "\(number)")
                let json = String(repeating: "x", count: number % 10 == 0 ? 6000 : 100)
                try storage.put(StoredItem(json, size: number), expiry: Int64(number), at: key, in: 1)
                try storage.putEntry(IndexEntry(key: StorageKey(1, "i"), base: key, size: number), in: 2)
                _ = try storage.appendRecord(Array("record".utf8), to: 3, at: 1)
            }
            try storage.commit()
        }
        return try folder.bytes()
    }

    /// Opens the file, which has to fail and to leave it as it is.
    private func expectRefusal(
        _ kinds: StorageOpenError.Kind...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try folder.bytes()
        let error = #expect(throws: StorageOpenError.self, sourceLocation: sourceLocation) {
            try Storage(file: folder.file())
        }
        guard let error else { return }
        #expect(kinds.contains(error.kind), "\(error)", sourceLocation: sourceLocation)
        #expect(error.description.contains(folder.file()), sourceLocation: sourceLocation)
        #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
        #expect(try folder.bytes() == before, sourceLocation: sourceLocation)
    }

    /// Reads all there is.
    private func readAll(_ storage: Storage) throws(ErrorReply) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for isForward in [true, false] {
            let range = StorageRange(extent: .slots(.min ... .max), isForward: isForward)
            try storage.items(in: 1, range) {
                found += [$0.partition, $0.sort, $1.json, Array("\($0.slot) \($1.size)".utf8)]
                return true
            }
            try storage.entries(of: 2, table: 1, range) {
                found += [$0.key.partition, $0.base.partition, $1.json, Array("\($0.size)".utf8)]
                return true
            }
        }
        found += try storage.records(of: 3, from: 0, limit: 1000).map(\.record)
        found += try storage.definitions().map(\.definition)
        found += try storage.expired(in: 1, before: .max, limit: 1000).map(\.partition)
        return found
    }

    @Test func foreignFilesAreLeftAlone() throws {
        for bytes in [[0], Array("hello".utf8), Array("SQLite format 3\0".utf8), [UInt8](repeating: 0, count: 8192)] {
            try folder.write(bytes)
            try expectRefusal(.foreign)
        }
        var random = StorageRandom(state: 3)
        try folder.write((0..<20000).map { _ in UInt8.random(in: 0...255, using: &random) })
        try expectRefusal(.foreign)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store.db"])
    }

    @Test(arguments: [0, 0x1234_5678]) func databasesOfOtherProgramsAreLeftAlone(identity: Int) throws {
        do {
            let connection = try Connection(folder.file())
            connection.checkpointsOnClose(false)
            try connection.execute("PRAGMA application_id = \(identity); CREATE TABLE items(a)")
            try connection.execute("PRAGMA journal_mode = WAL")
            try connection.execute("INSERT INTO items VALUES (1)")
        }
        let log = try folder.bytes("store.db-wal")
        #expect(!log.isEmpty)
        try expectRefusal(.foreign)
        #expect(try folder.bytes("store.db-wal") == log)
    }

    @Test func laterFormatsAreLeftAlone() throws {
        var bytes = try makeDatabase()
        bytes[63] = 2
        try folder.write(bytes)
        try expectRefusal(.tooNew)
        bytes[63] = 0
        try folder.write(bytes)
        try expectRefusal(.damaged)
    }

    @Test func otherTablesAreDamage() throws {
        for change in ["CREATE TABLE more(a)", "DROP INDEX expiries", "ALTER TABLE items RENAME size TO bytes"] {
            _ = try makeDatabase()
            try Connection(folder.file()).execute(change)
            try expectRefusal(.damaged)
            try FileManager.default.removeItem(atPath: folder.file())
        }
    }

    @Test func truncatedFilesAreDamaged() throws {
        let bytes = try makeDatabase()
        for count in [bytes.count / 2, bytes.count - 1, bytes.count - 4096, 4096, 5000, 512, 100] {
            try folder.write(Array(bytes.prefix(count)))
            try expectRefusal(.damaged, .foreign)
        }
        try folder.write(Array(bytes.prefix(99)))
        try expectRefusal(.foreign)
    }

    @Test func zeroedPartsAreDamage() throws {
        let bytes = try makeDatabase()
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            for count in [100, 4096] {
                var damaged = bytes
                damaged.replaceSubrange(start..<start + count, with: repeatElement(0, count: count))
                try folder.write(damaged)
                guard (try? Storage(file: folder.file())) == nil else {
                    // Bytes of an item, which SQLite can't tell from others.
                    #expect(start > 0)
                    continue
                }
                try expectRefusal(.damaged, .foreign, .system)
            }
        }
    }

    /// SQLite can't tell bytes of an item from others; what is its own it can, and nothing crashes.
    @Test func flippedBytesAreFoundOrHarmless() throws {
        let bytes = try makeDatabase()
        let expected = try readAll(Storage(file: folder.file()))
        var random = StorageRandom(state: 17)
        var (refused, intact) = (0, 0)
        let offsets = Array(0..<150) + (0..<150).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
        for offset in offsets {
            var damaged = bytes
            damaged[offset] ^= UInt8(1 << Int.random(in: 0...7, using: &random))
            try folder.write(damaged)
            do {
                let storage = try Storage(file: folder.file())
                let found = try? readAll(storage)
                if found == expected { intact += 1 }
                // SQLite's header and the first rows of its own table.
                #expect(offset >= 150 || found == expected, "\(offset)")
                // Writing ends well or with an error, too.
                try? storage.begin()
                try? storage.put(StoredItem("x", size: 1), expiry: nil, at: StorageKey(1, "new"), in: 1)
                try? storage.removeTable(1)
                try? storage.commit()
                storage.rollback()
            } catch {
                refused += 1
                #expect(try folder.bytes() == damaged, "\(offset)")
            }
        }
        #expect(refused > 20 && intact > 20)
    }

    /// A log that breaks off is what a lost power leaves: commits behind the break are gone, those before are there.
    @Test func aDamagedLogLosesNoMoreThanItsEnd() throws {
        let storage = try Storage(file: folder.file())
        for number in 0..<20 {
            try storage.begin()
            try storage.put(StoredItem("\(number)", size: 1), expiry: nil, at: StorageKey(Int64(number), "p"), in: 1)
            try storage.commit()
        }
        let (bytes, log) = try (folder.bytes(), folder.bytes("store.db-wal"))
        var counts: Set<Int> = []
        for offset in stride(from: 0, to: log.count, by: 1999) {
            var damaged = log
            damaged[offset] ^= 0x10
            for log in [damaged, Array(log.prefix(offset))] {
                try folder.write(bytes, to: "copy.db")
                try folder.write(log, to: "copy.db-wal")
                let items = try Storage(file: folder.file("copy.db")).all(of: 1)
                #expect(Set(items.keys) == Set((0..<items.count).map { StorageKey(Int64($0), "p") }))
                counts.insert(items.count)
            }
        }
        #expect(counts.count > 10)
    }

    @Test func aDamagedDatabaseKeepsItsLog() throws {
        do {
            let storage = try Storage(file: folder.file())
            try storage.begin()
            try storage.put(StoredItem("x", size: 1), expiry: nil, at: StorageKey(1, "p"), in: 1)
            try storage.commit()
            var bytes = try folder.bytes()
            let log = try folder.bytes("store.db-wal")
            // A page that the log does not have.
            bytes.replaceSubrange(bytes.count - 4096..<bytes.count, with: repeatElement(0xAA, count: 4096))
            try folder.write(bytes, to: "copy.db")
            try folder.write(log, to: "copy.db-wal")
        }
        let before = try (folder.bytes("copy.db"), folder.bytes("copy.db-wal"))
        let link = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("copy.db"))
        for name in [folder.file("copy.db"), link] {
            let error = #expect(throws: StorageOpenError.self) { try Storage(file: name) }
            #expect(error?.kind == .damaged)
        }
        #expect(try (folder.bytes("copy.db"), folder.bytes("copy.db-wal")) == before)
    }

    @Test func whatIsNoFileCanNotBeOpened() throws {
        try folder.write([1], to: "plain")
        let long = String(repeating: "n", count: 300)
        let names = [".", "missing/store.db", "a/b/../c", "plain/store.db", long].map { folder.file($0) }
        for name in names + [folder.path, "/dev/null"] {
            let error = #expect(throws: StorageOpenError.self) { try Storage(file: name) }
            #expect(error?.kind == .system)
            #expect(error?.description.contains(name) == true)
        }
    }

    /// The superuser may do everything.
    @Test(.enabled(if: geteuid() != 0), arguments: [0o000, 0o200, 0o400])
    func whatMayNotBeReadAndWrittenCanNotBeOpened(permissions: Int) throws {
        _ = try makeDatabase()
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: folder.file())
        let error = #expect(throws: StorageOpenError.self) { try Storage(file: folder.file()) }
        #expect(error?.kind == .system)
        #expect(error?.description.contains("Permission denied") == true)
    }

    @Test(.enabled(if: geteuid() != 0)) func noFileCanBeMadeInAFolderThatMayNotBeWritten() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
        let error = #expect(throws: StorageOpenError.self) { try Storage(file: folder.file()) }
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        #expect(error?.kind == .system)
        #expect(error?.description.contains("Permission denied") == true)
    }
}
