/// The tables of the test.
extension ModelTable {
    private static func schema(_ partition: (String, ModelType), _ sort: (String, ModelType)? = nil) -> ModelSchema {
        ModelSchema(
            partition: ModelKeyAttribute(name: partition.0, type: partition.1),
            sort: sort.map { ModelKeyAttribute(name: $0.0, type: $0.1) }
        )
    }

    /// No sort key and no index.
    static let plain = ModelTable(name: "plain", schema: schema(("pk", .string)), indexes: [])

    /// Numbers as sort keys, and indexes of all kinds; all but one are sparse.
    static let indexed = ModelTable(
        name: "indexed",
        schema: schema(("pk", .string), ("sk", .number)),
        indexes: [
            ModelIndex(
                name: "local1",
                isGlobal: false,
                schema: schema(("pk", .string), ("num", .number)),
                projection: .keysOnly
            ),
            ModelIndex(
                name: "local2",
                isGlobal: false,
                schema: schema(("pk", .string), ("tag", .string)),
                projection: .include(["doc", "alpha"])
            ),
            ModelIndex(name: "global1", isGlobal: true, schema: schema(("tag", .string)), projection: .all),
            ModelIndex(
                name: "global2",
                isGlobal: true,
                schema: schema(("num", .number), ("sk", .number)),
                projection: .include(["beta", "items1"])
            ),
        ]
    )

    /// Binary partition keys, and indexes on a key attribute of the table and on none.
    static let binary = ModelTable(
        name: "binary",
        schema: schema(("pk", .binary), ("sk", .string)),
        indexes: [
            ModelIndex(
                name: "global1",
                isGlobal: true,
                schema: schema(("color", .string), ("num", .number)),
                projection: .keysOnly
            ),
            ModelIndex(
                name: "global2",
                isGlobal: true,
                schema: schema(("sk", .string), ("pk", .binary)),
                projection: .all
            ),
        ]
    )

    /// Numbers as partition keys, binary sort keys, and a local index of all attributes.
    static let numeric = ModelTable(
        name: "numeric",
        schema: schema(("pk", .number), ("sk", .binary)),
        indexes: [
            ModelIndex(
                name: "local1",
                isGlobal: false,
                schema: schema(("pk", .number), ("bin", .binary)),
                projection: .all
            ),
            ModelIndex(name: "global2", isGlobal: true, schema: schema(("bin", .binary)), projection: .keysOnly),
        ]
    )

    /// The CreateTable request; TTL is off and a stream on.
    var creation: String {
        var attributes: [String: ModelType] = [:]
        for attribute in schema.attributes + indexes.flatMap(\.schema.attributes) {
            attributes[attribute.name] = attribute.type
        }
        let definitions = attributes.sorted { $0.key < $1.key }
            .map { #"{"AttributeName":"\#($0.key)","AttributeType":"\#($0.value.rawValue)"}"# }
        var members = [
            #""TableName":"\#(name)""#, #""BillingMode":"PAY_PER_REQUEST""#,
            #""AttributeDefinitions":[\#(definitions.joined(separator: ","))]"#, #""KeySchema":\#(schema.json)"#,
            #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#,
        ]
        for (member, isGlobal) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            let list = indexes.filter { $0.isGlobal == isGlobal }.map(\.json)
            if !list.isEmpty { members.append(#""\#(member)":[\#(list.joined(separator: ","))]"#) }
        }
        return "{\(members.joined(separator: ","))}"
    }
}

extension ModelSchema {
    fileprivate var json: String {
        let list = zip(names, ["HASH", "RANGE"]).map { #"{"AttributeName":"\#($0)","KeyType":"\#($1)"}"# }
        return "[\(list.joined(separator: ","))]"
    }

    /// `AttributeDefinitions`.
    fileprivate var definitions: String {
        let list = attributes.map { #"{"AttributeName":"\#($0.name)","AttributeType":"\#($0.type.rawValue)"}"# }
        return "[\(list.joined(separator: ","))]"
    }
}

extension ModelIndex {
    /// The index as CreateTable and UpdateTable have it.
    fileprivate var json: String {
        let projection =
            switch self.projection {
            case .all: #""ProjectionType":"ALL""#
            case .keysOnly: #""ProjectionType":"KEYS_ONLY""#
            case .include(let names):
                #""ProjectionType":"INCLUDE","NonKeyAttributes":[\#(names.map { "\"\($0)\"" }.joined(separator: ","))]"#
            }
        return #"{"IndexName":"\#(name)","KeySchema":\#(schema.json),"Projection":{\#(projection)}}"#
    }

    /// The UpdateTable request that creates the index.
    func creation(on table: String) -> String {
        #"{"TableName":"\#(table)","AttributeDefinitions":\#(schema.definitions),"#
            + #""GlobalSecondaryIndexUpdates":[{"Create":\#(json)}]}"#
    }

    /// The UpdateTable request that deletes the index.
    func deletion(on table: String) -> String {
        #"{"TableName":"\#(table)","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"\#(name)"}}]}"#
    }
}
