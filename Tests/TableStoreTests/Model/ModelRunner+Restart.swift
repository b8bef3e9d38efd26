import DynamoDB
import Foundation

@testable import TableStore

extension ModelRunner {
    /// Ends the store and opens it again.
    func restart(_ restart: ModelRestart, _ operation: ModelOperation) throws {
        let now = store.now
        guard let directory = directories.last else { return try store.reload() }
        switch restart {
        case .reloaded:
            return try store.reload()
        case .closed:
            break
        case .dropped:
            try store.beginUnfinished(tables)
        case .killed:
            try store.beginUnfinished(tables)
            // The files as a process that is killed leaves them behind.
            let copy = try Self.newDirectory()
            for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
                try FileManager.default.copyItem(
                    at: directory.appendingPathComponent(file),
                    to: copy.appendingPathComponent(file)
                )
            }
            directories.append(copy)
        }
        // The old one has to be gone before its file can be opened.
        store = try TestStore()
        if directories.count > 1 { try FileManager.default.removeItem(at: directories.removeFirst()) }
        store = try TestStore(file: directories.last.map(Self.file))
        store.now = now
    }
}

extension TestStore {
    /// Begins a transaction, and writes an item into each table in it.
    fileprivate func beginUnfinished(_ tables: [ModelTable]) throws {
        engine.now = now
        try engine.storage.begin()
        for table in tables {
            var item: ModelItem = ["alpha": .text("never there")]
            for attribute in table.schema.attributes {
                item[attribute.name] =
                    switch attribute.type {
                    case .number: .integer(77)
                    case .binary: .binary([77])
                    default: .text("unfinished")
                    }
            }
            var writer = ModelWriter(style: 1)
            let json = writer.item(item)
            _ = try engine.perform(.putItem, Array(#"{"TableName":"\#(table.name)","Item":\#(json)}"#.utf8))
        }
    }
}
