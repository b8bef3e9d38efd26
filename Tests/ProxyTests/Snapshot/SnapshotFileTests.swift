import Cache
import DynamoDB
import Foundation
import Testing

@testable import Proxy

@Suite struct SnapshotFileTests {
    private let folder: URL
    private var path: String { folder.appending(path: "snapshot").path }
    private static let now: Int64 = 1_700_000_000_000_000_000

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "leveret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private static let directory: SnapshotDirectory = {
        var directory = SnapshotDirectory()
        directory.tenants = [.init(number: 3, identity: "one http://there us-east-1", policy: .lazyGDSF)]
        directory.domains = [
            .init(identity: "http://there", epoch: 4, tables: [.init(number: 7, name: Array("things".utf8), epoch: 9)])
        ]
        let schema = KeySchema(
            partitionKey: .init(name: "id", type: .string),
            sortKey: .init(name: "at", type: .number)
        )
        directory.views = [
            .init(
                tenant: 3,
                table: 7,
                metadata: TableMetadata(
                    identity: "table-1",
                    schema: schema,
                    arn: nil,
                    timeToLiveAttribute: Array("gone".utf8),
                    isReplicated: false
                )
            )
        ]
        return directory
    }()

    private static func item(_ value: String = #"{"Item":{"id":{"S":"a"}}}"#, key: String = "Sa") -> [UInt8] {
        let store = Store(budget: 1 << 20)
        var block: [UInt8] = []
        Array(key.utf8).withUnsafeBytes { key in
            Array(value.utf8).withUnsafeBytes { value in
                _ = store.insert(
                    key,
                    hash: store.hash(key),
                    value: value,
                    mark: CRC32.checksum(value),
                    expiresAt: .max,
                    now: 0
                )
            }
            var cursor = ExportCursor()
            while store.export(
                &cursor,
                now: 0,
                { entry in
                    SavedItem.append(entry, table: 7, canonical: entry.key, life: 60_000_000_000, to: &block)
                }
            ) {}
        }
        return block
    }

    private static func frequencies() -> [UInt8] {
        var block: [UInt8] = [0]
        for number in 0..<3 {
            SavedFrequency(hash: UInt64(number) << 40, frequency: Frequency(counter: 5, age: 8)).append(to: &block)
        }
        return block
    }

    private func write(_ directory: [UInt8]? = nil, items: [UInt8]? = nil) throws {
        let writer = try SnapshotWriter(replacing: path, savedAt: Self.now, seed: (11, 12))
        try writer.append(.directory, directory ?? Self.directory.encoded())
        try writer.append(.frequencies, tenant: 3, Self.frequencies())
        try writer.append(.items, tenant: 3, items ?? Self.item())
        try writer.finish()
    }

    private func bytes() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    private func put(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static let shared = try? SharedState(configuration: Configuration(), now: 0)

    /// Why the file is refused; nil when it is not.
    private func refusal(now: Int64 = Self.now) -> String? {
        do throws(SnapshotRefusal) {
            guard let file = try SnapshotFile.open(path, now: now), let shared = Self.shared else { return "absent" }
            var load = SnapshotLoad(file, usesItems: true, shared: shared, elapsed: 0)
            try load.check { true }
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `what is written is read again`() throws {
        try write()
        let file = try #require(try SnapshotFile.open(path, now: Self.now))
        #expect(file.header.seed == (11, 12))
        #expect(file.header.savedAt == Self.now)
        #expect(file.directory == Self.directory)
        #expect(file.hasUsableItems)
        var kinds: [SnapshotFormat.BlockKind] = []
        var payloads: [[UInt8]] = []
        try file.forEachBlock { block in
            kinds.append(block.kind)
            payloads.append(block.payload)
            return true
        }
        #expect(kinds == [.frequencies, .items])
        var reader = ByteReader(payloads[0], from: 1)
        #expect(SavedFrequency(&reader) == SavedFrequency(hash: 0, frequency: Frequency(counter: 5, age: 8)))
        reader = ByteReader(payloads[1])
        let item = try #require(SavedItem(&reader))
        #expect(item.table == 7 && item.life == 60_000_000_000 && item.isSound(in: payloads[1]))
        #expect(payloads[1][item.key].elementsEqual("Sa".utf8))
        #expect(payloads[1][item.value].elementsEqual(#"{"Item":{"id":{"S":"a"}}}"#.utf8))
        #expect(refusal() == nil)
    }

    @Test func `only the owner can read it, and nothing else is left`() throws {
        try write()
        try write()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["snapshot"])
    }

    @Test func `one that was not finished changes nothing`() throws {
        try write()
        let before = try bytes()
        do {
            let writer = try SnapshotWriter(replacing: path, savedAt: Self.now, seed: (0, 0))
            try writer.append(.directory, Self.directory.encoded())
        }
        #expect(try bytes() == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["snapshot"])
    }

    @Test func `it is refused wherever it is cut, and with more at its end`() throws {
        try write()
        let whole = try bytes()
        for count in 0..<whole.count {
            try put(Array(whole[..<count]))
            #expect(refusal() != nil, "\(count) of \(whole.count) bytes")
        }
        try put(whole + [0])
        #expect(refusal() != nil)
    }

    @Test func `it is refused whichever bit is wrong`() throws {
        try write()
        let whole = try bytes()
        for index in whole.indices {
            for bit in 0..<8 {
                var damaged = whole
                damaged[index] ^= 1 << UInt8(bit)
                try put(damaged)
                #expect(refusal() != nil, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test func `other files`() throws {
        #expect(refusal() == "absent")
        for foreign in ["", "x", "listen: 127.0.0.1:8000\n", String(repeating: "x", count: 10_000)] {
            try put(Array(foreign.utf8))
            #expect(refusal() == "it is not a snapshot of Leveret's")
        }
        try write()
        var other = try bytes()
        other[8] = 2
        try put(other)
        #expect(refusal() == "it is of another version's form")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(refusal() != nil)
    }

    @Test func `one from the future is refused`() throws {
        try write()
        #expect(refusal(now: Self.now - 1) == "it was saved later than the clock says it is now")
        #expect(refusal(now: Self.now) == nil)
    }

    @Test func `numbers that stand for two things are refused`() throws {
        var twice = Self.directory
        twice.domains.append(
            .init(identity: "elsewhere", epoch: 0, tables: [.init(number: 7, name: [97], epoch: 0)])
        )
        try write(twice.encoded())
        #expect(refusal() == "its directory is damaged")
        twice = Self.directory
        twice.tenants.append(.init(number: 3, identity: "two", policy: .lru))
        try write(twice.encoded())
        #expect(refusal() == "its directory is damaged")
    }

    /// With right checksums, as somebody who means harm would write it.
    @Test func `any bytes for a directory or entries`() throws {
        var random = SystemRandomNumberGenerator()
        let directory = Self.directory.encoded()
        let item = Self.item()
        for round in 0..<2_000 {
            var bytes = round % 2 == 0 ? directory : item
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement() ?? 0
            }
            if round % 7 == 0 { bytes.removeLast(Int.random(in: 1...bytes.count, using: &random)) }
            if round % 2 == 0 { try write(bytes) } else { try write(items: bytes) }
            // What matters is that it comes back.
            _ = refusal()
        }
    }

    @Test func `values that are no reply's body are refused`() throws {
        try write(items: Self.item("{}"))
        #expect(refusal() == nil)
        for value in ["", "{", "}{", "[]", #"{"Item":"#, #"{"Item":}"#, #"{"item":{}}"#, #"{"Item":{}"#] {
            try write(items: Self.item(value))
            #expect(refusal() != nil, "\(value)")
        }
    }

    @Test func `a start takes the items for itself`() throws {
        try write()
        let file = try #require(try SnapshotFile.open(path, now: Self.now))
        #expect(file.setUsable(false))
        #expect(try #require(try SnapshotFile.open(path, now: Self.now)).hasUsableItems == false)
        #expect(refusal() == nil)
        #expect(file.setUsable(true))
        #expect(try #require(try SnapshotFile.open(path, now: Self.now)).hasUsableItems)
    }
}
