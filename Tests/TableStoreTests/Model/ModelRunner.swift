import DynamoDB
import Foundation

@testable import TableStore

/// Where the store and the model differ.
struct ModelDifference: Error, CustomStringConvertible {
    var description: String
}

/// A store and its model, side by side.
final class ModelRunner {
    var model: ModelStore
    var store: TestStore
    let tables: [ModelTable]
    /// The store's directories, one after the other; empty for a store in memory.
    var directories: [URL] = []
    /// Number of the last stream record seen, by table.
    var lastRecords: [String: String] = [:]
    /// Requests made.
    var requests = 0
    private(set) var refusals: [String: Int] = [:]

    init(_ tables: [ModelTable], isInFile: Bool) throws {
        self.tables = tables
        if isInFile { directories = [try Self.newDirectory()] }
        store = try TestStore(file: directories.last.map(Self.file))
        store.now = 1_700_000_000_000
        model = ModelStore(tables, now: store.now)
        for table in tables { try store.call("CreateTable", table.creation) }
    }

    deinit {
        for directory in directories { try? FileManager.default.removeItem(at: directory) }
    }

    static func newDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    static func file(_ directory: URL) -> String { directory.appendingPathComponent("store").path }

    // MARK: Operations

    /// Runs an operation on both; throws a ``ModelDifference`` when they differ.
    func perform(_ operation: ModelOperation) throws {
        store.now = max(store.now, operation.time)
        model.now = store.now
        switch operation.kind {
        case .write(let write): try compare(model.write(write, operation), operation)
        case .get(let get): try compare(model.get(get, operation), operation)
        case .batchGet(let gets): try compare(model.batchGet(gets, operation), operation)
        case .batchWrite(let writes): try compare(model.batchWrite(writes, operation), operation)
        case .transactGet(let gets): try compare(model.transactGet(gets, operation), operation)
        case .transactWrite(let writes, let token):
            var spelled = operation
            // What has no expression means the same in all spellings.
            if writes.allSatisfy(\.hasNoExpression) { spelled.style = 1 }
            let items = spelled.transactItems(writes)
            try compare(model.transactWrite(writes, token: token, items, operation), operation)
        case .broken(_, _, let refusal): try compare(.refusal(refusal), operation)
        case .read(let read): try perform(read, operation)
        case .expire:
            model.expire()
            try store.housekeeping()
        case .timeToLive(let table): try switchTimeToLive(of: table)
        case .toggleIndex(let table): try toggleIndex(of: table)
        case .verify: try verify()
        case .restart(let restart): try self.restart(restart, operation)
        }
    }

    private func compare(_ expected: ModelReply, _ operation: ModelOperation) throws {
        guard let (name, body) = operation.request() else { return }
        try expect(try reply(name, body), expected, "\(name) \(body)")
    }

    private func expect(_ actual: ModelReply, _ expected: ModelReply, _ what: @autoclosure () -> String) throws {
        if let error = actual.error { refusals[error, default: 0] += 1 }
        guard actual != expected else { return }
        throw ModelDifference(description: "\(what())\n  store: \(actual)\n  model: \(expected)")
    }

    func call(_ name: String, _ body: String) throws -> JSON {
        guard let operation = DynamoDB.Operation(rawValue: name) else { throw JSON.NotJSON() }
        return try ModelJSON.value(try store.perform(operation, Array(body.utf8)))
    }

    /// The store's reply, refusals included.
    private func reply(_ name: String, _ body: String) throws -> ModelReply {
        requests += 1
        do {
            return try ModelReply(try call(name, body))
        } catch let error as ErrorReply {
            return try ModelReply(error)
        } catch let error as ModelReadingError {
            throw ModelDifference(description: "\(name) \(body)\n  \(error)")
        }
    }

    // MARK: Queries and scans

    private func perform(_ read: ModelRead, _ operation: ModelOperation) throws {
        let pages: ModelPages
        do throws(ModelRefusal) {
            pages = try ModelPages(read, in: model)
        } catch {
            let schema = try schema(of: read)
            // A start key in the request would have to be that of an item.
            let start = read.startKey.flatMap { sort in
                read.partition.map { schema.attributes(of: ModelKey(partition: $0, sort: sort)) }
            }
            let (name, body) = operation.page(read, of: schema, after: start)
            return try expect(try reply(name, body), .refusal(error), "\(name) \(body)")
        }
        let order = pages.isOrdered ? pages.keys : try self.order(pages)
        var (place, startKey) = pages.start(in: order)
        for _ in 0...order.count {
            let (name, body) = operation.page(read, of: pages.schema, after: startKey)
            let start = ContinuousClock.now
            let actual = try reply(name, body)
            // A page that takes too long may end early, as it does when the machine stands still.
            let isLate = ContinuousClock.now - start > .seconds(1)
            let (expected, next) = pages.page(order, from: place, operation, most: isLate ? actual.scannedCount : nil)
            try expect(actual, expected, "\(name) \(body)")
            guard let next else { return }
            startKey = expected.lastKey
            place = next
        }
    }

    private func schema(of read: ModelRead) throws(ModelDifference) -> ModelSchema {
        guard let table = tables.first(where: { $0.name == read.table }) else { return tables[0].schema }
        return read.index.flatMap { table.index($0) }?.schema ?? table.schema
    }

    /// The order in which the store has what a read reads: the model leaves open how hashes order.
    ///
    /// Nothing may be missing, or be there twice, and sort keys have to be in order.
    private func order(_ pages: ModelPages) throws -> [ModelKey] {
        guard let (_, total) = pages.read.segment else { return try order(pages, nil) }
        var parts: [[ModelKey]] = []
        for number in 0..<total { parts.append(try listing(pages, (number, total))) }
        try check(Array(parts.joined()), pages)
        return parts[pages.read.segment?.number ?? 0]
    }

    func order(_ pages: ModelPages, _ segment: (number: Int, total: Int)?) throws -> [ModelKey] {
        let keys = try listing(pages, segment)
        try check(keys, pages)
        return keys
    }

    private func check(_ keys: [ModelKey], _ pages: ModelPages) throws(ModelDifference) {
        let read = pages.read
        guard keys.count == pages.keys.count, Set(keys) == Set(pages.keys) else {
            throw ModelDifference(
                description: "\(read)\n  the store lists \(keys)\n  the model \(pages.keys)"
            )
        }
        guard read.partition != nil, let attribute = pages.schema.sort else { return }
        let sorts = keys.compactMap { pages.table.items[$0]?[attribute.name] }
        for (one, two) in zip(sorts, sorts.dropFirst())
        where (read.isForward ? two.isBefore(one) : one.isBefore(two)) == true {
            throw ModelDifference(description: "\(read)\n  the store's order is wrong: \(sorts)")
        }
    }

    private func listing(_ pages: ModelPages, _ segment: (number: Int, total: Int)?) throws -> [ModelKey] {
        var read = ModelRead(table: pages.read.table, index: pages.read.index)
        read.partition = pages.read.partition
        read.sort = pages.read.sort
        read.isForward = pages.read.isForward
        read.segment = segment
        let operation = ModelOperation(kind: .verify, style: 1)
        var keys: [ModelKey] = []
        var start: ModelItem?
        repeat {
            let (name, body) = operation.page(read, of: pages.schema, after: start)
            let reply = try reply(name, body)
            for case let item? in reply.items {
                guard let key = pages.table.schema.key(of: item) else {
                    throw ModelDifference(description: "\(name) \(body)\n  an item without key: \(item)")
                }
                let expected = pages.table.items[key]?.only(pages.index?.names(pages.table.schema))
                guard item == expected else {
                    throw ModelDifference(
                        description: "\(name) \(body)\n  store: \(item)\n  model: \(String(describing: expected))"
                    )
                }
                keys.append(key)
            }
            guard keys.count <= pages.table.items.count else { break }
            start = reply.lastKey
        } while start != nil
        return keys
    }

    // MARK: Tables

    private func switchTimeToLive(of table: String) throws {
        let isOn = model.tables[table]?.timeToLiveAttribute == nil
        model.tables[table]?.timeToLiveAttribute = isOn ? "expires" : nil
        _ = try call(
            "UpdateTimeToLive",
            #"{"TableName":"\#(table)","TimeToLiveSpecification":{"AttributeName":"expires","Enabled":\#(isOn)}}"#
        )
    }

    private func toggleIndex(of table: String) throws {
        guard let index = tables.first(where: { $0.name == table })?.index("global2") else { return }
        if model.tables[table]?.index("global2") == nil {
            model.tables[table]?.indexes.append(index)
            _ = try call("UpdateTable", index.creation(on: table))
        } else {
            model.tables[table]?.indexes.removeAll { $0.name == "global2" }
            _ = try call("UpdateTable", index.deletion(on: table))
        }
    }
}

extension ModelReply {
    /// What an error tells.
    init(_ error: ErrorReply) throws {
        self.init(error: String(error.name))
        guard !error.details.isEmpty else { return }
        let details = try ModelJSON.value([UInt8(ascii: "{")] + error.details + [UInt8(ascii: "}")])
        if let item = details["Item"] { items = [try ModelItem(item)] }
        for reason in details["CancellationReasons"]?.array ?? [] {
            codes.append(reason["Code"]?.string ?? "")
            items.append(try reason["Item"].map { try ModelItem($0) })
        }
    }
}

extension TestStore {
    /// Lets TTL delete until there is nothing left to do.
    fileprivate func housekeeping() throws {
        engine.now = now
        var isMore = true
        while isMore {
            try engine.storage.begin()
            isMore = try engine.housekeeping()
            try engine.storage.commit()
        }
    }
}
