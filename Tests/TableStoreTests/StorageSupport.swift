import DynamoDB
import Foundation

@testable import TableStore

/// A folder that is gone with the test.
final class StorageFolder {
    let path: String

    init() throws {
        // In memory where there is such a place: the tests sync often, and no test can see that.
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        path = parent + "/leveret-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String = "store.db") -> String { path + "/" + name }

    func bytes(_ name: String = "store.db") throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    func write(_ bytes: [UInt8], to name: String = "store.db") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }
}

/// SplitMix64 (Steele, Lea, Flood), so that a failing run can be had again.
struct StorageRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

extension StorageKey {
    init(_ slot: Int64, _ partition: String, _ sort: String = "") {
        self.init(slot: slot, partition: Array(partition.utf8), sort: Array(sort.utf8))
    }
}

extension StoredItem {
    init(_ json: String, size: Int) {
        self.init(json: Array(json.utf8), size: size)
    }
}

extension Storage {
    /// All items of a table.
    func all(of table: Int64) throws -> [StorageKey: StoredItem] {
        var found: [StorageKey: StoredItem] = [:]
        try items(in: table, StorageRange(extent: .slots(0...0xFFFF_FFFF))) { key, item in
            found[key] = item
            return true
        }
        return found
    }
}
