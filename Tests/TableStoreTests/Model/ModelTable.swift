/// A key attribute.
struct ModelKeyAttribute: Equatable {
    var name: String
    var type: ModelType
}

/// The key attributes of a table or index.
struct ModelSchema: Equatable {
    var partition: ModelKeyAttribute
    var sort: ModelKeyAttribute?

    var attributes: [ModelKeyAttribute] { [partition] + (sort.map { [$0] } ?? []) }
    var names: [String] { attributes.map(\.name) }

    /// The key of an item; nil when the item lacks a part of it.
    func key(of item: ModelItem) -> ModelKey? {
        guard let partition = item[partition.name], partition.type == self.partition.type else { return nil }
        guard let attribute = sort else { return ModelKey(partition: partition) }
        guard let sort = item[attribute.name], sort.type == attribute.type else { return nil }
        return ModelKey(partition: partition, sort: sort)
    }

    func attributes(of key: ModelKey) -> ModelItem {
        var item = [partition.name: key.partition]
        if let attribute = sort, let sort = key.sort { item[attribute.name] = sort }
        return item
    }
}

struct ModelKey: Hashable, Sendable {
    var partition: ModelValue
    var sort: ModelValue?
}

/// A secondary index.
struct ModelIndex: Sendable {
    enum Projection {
        case all
        case keysOnly
        case include([String])
    }

    var name: String
    var isGlobal: Bool
    var schema: ModelSchema
    var projection: Projection

    /// Names of what the index holds of an item of a table; nil for all.
    func names(_ table: ModelSchema) -> Set<String>? {
        switch projection {
        case .all: nil
        case .keysOnly: Set(table.names + schema.names)
        case .include(let others): Set(table.names + schema.names + others)
        }
    }

    /// What the index holds of an item; nil when the item is not in it.
    func entry(of item: ModelItem?, _ table: ModelSchema) -> ModelItem? {
        guard let item, let key = schema.key(of: item), key.partition.isKey(2048), key.sort?.isKey(1024) ?? true else {
            return nil
        }
        return item.only(names(table))
    }
}

/// A write as a stream tells it.
struct ModelChange: Equatable, Sendable {
    var key: ModelItem
    var old: ModelItem?
    var new: ModelItem?
    var isByTimeToLive = false
}

/// A table and its items.
struct ModelTable: Sendable {
    /// Bytes of an item.
    static let maximumSize = 409_600

    var name: String
    var schema: ModelSchema
    var indexes: [ModelIndex]
    var items: [ModelKey: ModelItem] = [:]
    var timeToLiveAttribute: String?
    /// All changes, in their order.
    var changes: [ModelChange] = []

    func index(_ name: String) -> ModelIndex? { indexes.first { $0.name == name } }

    /// Key attributes of the table and its indexes.
    var keyNames: Set<String> { Set((schema.names + indexes.flatMap(\.schema.names))) }

    /// Refuses a `Key` that is not one of this table.
    func check(key: ModelItem) throws(ModelRefusal) -> ModelKey {
        guard Set(key.keys) == Set(schema.names), let checked = schema.key(of: key) else { throw .validation }
        for (attribute, limit) in zip(schema.attributes, [2048, 1024]) {
            guard let value = key[attribute.name], value.isKey(limit) else { throw .request }
        }
        return checked
    }

    /// Refuses an item with attributes that are no keys of indexes; what was there before is not looked at.
    func checkIndexKeys(_ item: ModelItem, except old: ModelItem? = nil) throws(ModelRefusal) {
        for index in indexes {
            for attribute in index.schema.attributes {
                guard let value = item[attribute.name], value != old?[attribute.name] else { continue }
                guard value.type == attribute.type else { throw .validation }
            }
        }
        for index in indexes {
            for (attribute, limit) in zip(index.schema.attributes, [2048, 1024]) {
                guard let value = item[attribute.name], value != old?[attribute.name] else { continue }
                guard value.isKey(limit) else { throw .request }
            }
        }
    }

    /// Refuses an update that the request alone shows to give attributes types that keys of indexes can't have.
    func checkIndexKeys(_ update: ModelUpdate) throws(ModelRefusal) {
        let keys = indexes.flatMap(\.schema.attributes)
        for (path, action) in update.actions where path.steps.isEmpty {
            let types = Set(keys.filter { $0.name == path.attribute }.map(\.type))
            if let type = ModelUpdate.type(of: action), !types.isSubset(of: [type]) { throw .validation }
        }
        for (path, action) in update.actions where path.steps.isEmpty {
            guard keys.contains(where: { $0.name == path.attribute }), case .set(.value(let value)) = action else {
                continue
            }
            if case .string([]) = value { throw .request }
            if case .binary([]) = value { throw .request }
        }
    }

    /// Changes an item; returns the write units of the table and of its indexes.
    mutating func write(
        _ new: ModelItem?,
        at key: ModelKey,
        factor: Double = 1,
        isByTimeToLive: Bool = false
    ) -> ModelUnits {
        let old = items[key]
        items[key] = new
        if old != new {
            changes.append(
                ModelChange(key: schema.attributes(of: key), old: old, new: new, isByTimeToLive: isByTimeToLive)
            )
        }
        var units = ModelUnits()
        units.table.write = factor * ModelUnits.write(max(old?.size ?? 0, new?.size ?? 0))
        for index in indexes {
            let (before, after) = (index.entry(of: old, schema), index.entry(of: new, schema))
            var cost = 0.0
            switch (before, after) {
            case (nil, nil): break
            case (let entry?, nil), (nil, let entry?): cost = ModelUnits.write(entry.size)
            case (let before?, let after?):
                if index.schema.key(of: before) != index.schema.key(of: after) {
                    cost = ModelUnits.write(before.size) + ModelUnits.write(after.size)
                } else if before != after {
                    cost = ModelUnits.write(max(before.size, after.size))
                }
            }
            if cost > 0 { units.indexes[index.name] = .init(write: factor * cost) }
        }
        return units
    }
}

extension ModelValue {
    fileprivate func isKey(_ limit: Int) -> Bool {
        switch self {
        case .string(let bytes), .binary(let bytes): 1...limit ~= bytes.count
        case .number: true
        default: false
        }
    }
}

/// Capacity units of one table.
struct ModelUnits {
    struct Pair {
        var read = 0.0
        var write = 0.0
    }

    var table = Pair()
    var indexes: [String: Pair] = [:]

    static func write(_ bytes: Int) -> Double { max(1, (Double(bytes) / 1024).rounded(.up)) }

    /// Units of a strongly consistent read.
    static func read(_ bytes: Int) -> Double { max(1, (Double(bytes) / 4096).rounded(.up)) }

    static func += (left: inout ModelUnits, right: ModelUnits) {
        left.table.read += right.table.read
        left.table.write += right.table.write
        for (name, pair) in right.indexes {
            left.indexes[name, default: Pair()].read += pair.read
            left.indexes[name, default: Pair()].write += pair.write
        }
    }

    /// The structure that a reply tells of them; transactions tell reads from writes.
    func json(of table: ModelTable, _ shape: ModelCapacity, inTransaction: Bool = false) -> JSON {
        func members(_ pair: Pair) -> [String: JSON] {
            var members: [String: JSON] = ["CapacityUnits": .number(pair.read + pair.write)]
            if inTransaction, pair.read > 0 { members["ReadCapacityUnits"] = .number(pair.read) }
            if inTransaction, pair.write > 0 { members["WriteCapacityUnits"] = .number(pair.write) }
            return members
        }
        var sum = self.table
        for pair in indexes.values {
            sum.read += pair.read
            sum.write += pair.write
        }
        var result = members(sum)
        result["TableName"] = .string(table.name)
        guard shape == .indexes else { return .object(result) }
        result["Table"] = .object(members(self.table))
        for (member, isGlobal) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            let of = indexes.filter { table.index($0.key)?.isGlobal == isGlobal }
            if !of.isEmpty { result[member] = .object(of.mapValues { .object(members($0)) }) }
        }
        return .object(result)
    }
}

/// `ReturnConsumedCapacity`.
enum ModelCapacity: String, CaseIterable {
    case none = "NONE"
    case total = "TOTAL"
    case indexes = "INDEXES"
}
