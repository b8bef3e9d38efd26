import DynamoDB

/// Reads `AttributeDefinitions` and `KeySchema` members, with DynamoDB's checks (mhart/dynalite, test/createTable.js, which
/// ran against the service).
struct KeySchemaReader {
    /// In the request's order.
    let attributes: [KeySchema.Attribute]
    private let attributesByName: [[UInt8]: KeySchema.Attribute]

    init(_ attributes: [KeySchema.Attribute]) {
        self.attributes = attributes
        attributesByName = Dictionary(attributes.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Reads `AttributeDefinitions`.
    init(definitions: [Members]) throws(ErrorReply) {
        let attributes = definitions.compactMap { members -> KeySchema.Attribute? in
            guard let name = members.string("AttributeName"),
                let type = members.string("AttributeType").flatMap(ScalarAttributeType.init)
            else { return nil }
            return KeySchema.Attribute(name: name, type: type)
        }
        var names: Set<[UInt8]> = []
        for attribute in attributes where !names.insert(attribute.name).inserted {
            throw .validation("Attribute Name is duplicated: \(attribute.text)")
        }
        self.init(attributes)
    }

    /// The key schema of a table.
    func tableSchema(_ elements: [Members]) throws(ErrorReply) -> KeySchema {
        guard elements.count <= attributes.count else {
            throw .validation("Invalid KeySchema: Some index key attribute have no definition")
        }
        return try schema(elements)
    }

    /// The key schema of an index.
    func schema(_ elements: [Members]) throws(ErrorReply) -> KeySchema {
        guard elements.count <= 2 else {
            throw .invalidParameters("An index key of more than two attributes is not supported by this store")
        }
        let names = elements.compactMap { $0.string("AttributeName") }
        let keys = names.compactMap { attributesByName[Array($0.utf8)] }
        guard keys.count == names.count, let partition = keys.first else {
            throw .invalidParameters(
                "Some index key attributes are not defined in AttributeDefinitions. "
                    + "Keys: \(ServiceSet.text(names)), AttributeDefinitions: \(definitionsText)"
            )
        }
        let sort = keys.count > 1 ? keys[1] : nil
        if sort?.name == partition.name {
            throw .validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
        }
        if elements[0].string("KeyType") != "HASH" {
            throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
        }
        if elements.count > 1, elements[1].string("KeyType") != "RANGE" {
            throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
        }
        return KeySchema(partitionKey: partition, sortKey: sort)
    }

    /// Refuses definitions that no key uses.
    func checkAllUsed(by table: KeySchema, _ indexes: [KeySchema], hasIndexLists: Bool) throws(ErrorReply) {
        var used: [String] = []
        var names: Set<[UInt8]> = []
        for schema in [table] + indexes {
            for attribute in schema.attributes where names.insert(attribute.name).inserted {
                used.append(attribute.text)
            }
        }
        guard used.count != attributes.count else { return }
        guard hasIndexLists else {
            throw .invalidParameters(
                "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                    + "AttributeDefinitions"
            )
        }
        throw .invalidParameters(
            "Some AttributeDefinitions are not used. "
                + "AttributeDefinitions: \(definitionsText), keys used: \(ServiceSet.text(used))"
        )
    }

    private var definitionsText: String { ServiceSet.text(attributes.map(\.text), capacity: attributes.count) }
}

/// Sets of names as messages show them: in the order of a Java HashSet, which the service's messages have (aws-cloudformation
/// and getmoto threads quote them).
enum ServiceSet {
    static func text(_ names: [String], capacity: Int = 16) -> String {
        var buckets = 1
        while buckets < capacity || names.count * 4 > buckets * 3 { buckets *= 2 }
        var lists = [[String]](repeating: [], count: buckets)
        for name in names {
            let hash = name.utf16.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) }
            lists[Int(hash ^ hash >> 16) & (buckets - 1)].append(name)
        }
        return "[\(lists.joined().joined(separator: ", "))]"
    }
}

extension ErrorReply {
    /// The beginning that most refusals of table definitions have.
    static func invalidParameters(_ message: String) -> ErrorReply {
        .validation("One or more parameter values were invalid: \(message)")
    }
}
