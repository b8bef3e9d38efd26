import Foundation

/// The tables of a `FakeDynamoDB`: every state that an item has had, numbered by one sequence.
struct FakeData {
    struct Reply {
        var status: Int
        var body: String
        /// The number of the last write that the call applied.
        var sequence: Int?
    }

    /// One state of an item; `attributes` is nil when it was deleted.
    struct ItemState {
        let sequence: Int
        let attributes: [String: Any]?
        let since: UInt64
    }

    struct Table {
        var id: String
        var history: [String: [ItemState]] = [:]
    }

    private var sequence = 0
    private var tableCount = 0
    var tables: [String: Table] = [:]
    /// How far an eventually consistent read lags behind, nanoseconds.
    var lag: UInt64 = 0
    /// Name of the TTL attribute, if enabled.
    var timeToLiveAttribute: String?
    /// An error body for DescribeTable, in place of a description.
    var describeError: String?

    init() {
        create("things")
    }

    mutating func create(_ name: String) {
        tableCount += 1
        tables[name] = Table(id: "table-\(tableCount)")
    }

    /// The last state of an item.
    func current(_ key: String, in table: String = "things") -> ItemState? {
        tables[table]?.history[key]?.last
    }

    /// Whether the item was absent at some time from the write `sequence` on.
    func wasAbsent(_ key: String, since sequence: Int, in table: String = "things") -> Bool {
        let history = tables[table]?.history[key] ?? []
        if sequence == 0 { return true }
        return history.contains { $0.sequence >= sequence && $0.attributes == nil }
    }

    /// Writes as somebody would who does not go through the proxy.
    mutating func writeOutOfBand(_ key: String, _ value: String?, in table: String = "things") {
        write(table, key, value.map { ["id": ["S": key], "v": ["S": $0]] }, now: 0)
    }

    /// Writes an item with any attributes but the key, out of band.
    mutating func writeOutOfBand(_ key: String, attributes: [String: Any], in table: String = "things") {
        write(table, key, attributes.merging(["id": ["S": key]]) { $1 }, now: 0)
    }

    // MARK: Operations

    mutating func apply(_ operation: String, _ json: [String: Any], now: UInt64) -> Reply {
        // An ARN has the name after its first slash.
        let name = (json["TableName"] as? String ?? "").split(separator: "/").prefix(2).last.map(String.init) ?? ""
        switch operation {
        case "DescribeTable":
            if let describeError { return Reply(status: 400, body: describeError) }
            guard let table = tables[name] else { return Self.notFound }
            return Reply(status: 200, body: "{\"Table\":\(Self.description(name, table))}")
        case "DescribeTimeToLive":
            let attribute = timeToLiveAttribute.map { "\"AttributeName\":\"\($0)\",\"TimeToLiveStatus\":\"ENABLED\"" }
            return Reply(
                status: 200,
                body: "{\"TimeToLiveDescription\":{\(attribute ?? "\"TimeToLiveStatus\":\"DISABLED\"")}}"
            )
        case "CreateTable":
            create(name)
            return Reply(status: 200, body: "{\"TableDescription\":\(Self.description(name, tables[name]))}")
        case "DeleteTable":
            let table = tables.removeValue(forKey: name)
            return Reply(status: 200, body: "{\"TableDescription\":\(Self.description(name, table))}")
        case "ListTables":
            return listTables(json)
        case "GetItem":
            guard tables[name] != nil else { return Self.notFound }
            let item = read(name, Self.key(json["Key"]), isConsistent: json["ConsistentRead"] as? Bool ?? false, now)
            return Self.reply(item.map { ["Item": $0] } ?? [:])
        case "BatchGetItem": return batchGet(json, now)
        case "PutItem":
            guard tables[name] != nil else { return Self.notFound }
            let item = json["Item"] as? [String: Any] ?? [:]
            return written(write(name, Self.key(item), item, now: now))
        case "DeleteItem": return written(write(name, Self.key(json["Key"]), nil, now: now))
        case "UpdateItem": return update(name, json, now)
        case "BatchWriteItem": return batchWrite(json, now)
        case "TransactWriteItems": return transactWrite(json, now)
        case "ExecuteStatement":
            let parameters = json["Parameters"] as? [[String: String]] ?? []
            let key = parameters.first?["S"] ?? ""
            let statement = json["Statement"] as? String ?? ""
            if statement.uppercased().hasPrefix("SELECT") { return Self.reply(["Items": []]) }
            return written(write("things", key, nil, now: now))
        default:
            return Reply(status: 200, body: "{}")
        }
    }

    private func listTables(_ json: [String: Any]) -> Reply {
        let start = json["ExclusiveStartTableName"] as? String ?? ""
        let names = tables.keys.sorted().filter { $0 > start }
        let page = Array(names.prefix(json["Limit"] as? Int ?? 100))
        var reply: [String: Any] = ["TableNames": page]
        if page.count < names.count { reply["LastEvaluatedTableName"] = page.last }
        return Self.reply(reply)
    }

    private mutating func update(_ table: String, _ json: [String: Any], _ now: UInt64) -> Reply {
        let key = Self.key(json["Key"])
        var item = current(key, in: table)?.attributes
        if json["ConditionExpression"] != nil, item == nil {
            return Reply(
                status: 400,
                body: """
                    {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",\
                    "message":"The conditional request failed"}
                    """
            )
        }
        item = item ?? ["id": ["S": key]]
        let values = json["ExpressionAttributeValues"] as? [String: Any] ?? [:]
        item?["v"] = values[":v"]
        return written(write(table, key, item, now: now))
    }

    private mutating func batchGet(_ json: [String: Any], _ now: UInt64) -> Reply {
        var responses: [String: [[String: Any]]] = [:]
        for (table, request) in json["RequestItems"] as? [String: [String: Any]] ?? [:] {
            let isConsistent = request["ConsistentRead"] as? Bool ?? false
            let keys = request["Keys"] as? [Any] ?? []
            responses[table] = keys.compactMap { read(table, Self.key($0), isConsistent: isConsistent, now) }
        }
        return Self.reply(["Responses": responses, "UnprocessedKeys": [:]])
    }

    private mutating func batchWrite(_ json: [String: Any], _ now: UInt64) -> Reply {
        for (table, requests) in json["RequestItems"] as? [String: [[String: [String: Any]]]] ?? [:] {
            for request in requests {
                if let item = request["PutRequest"]?["Item"] as? [String: Any] {
                    write(table, Self.key(item), item, now: now)
                } else {
                    write(table, Self.key(request["DeleteRequest"]?["Key"]), nil, now: now)
                }
            }
        }
        var reply = Self.reply(["UnprocessedItems": [:]])
        reply.sequence = sequence
        return reply
    }

    private mutating func transactWrite(_ json: [String: Any], _ now: UInt64) -> Reply {
        for action in json["TransactItems"] as? [[String: [String: Any]]] ?? [] {
            if let put = action["Put"], let item = put["Item"] as? [String: Any] {
                write(put["TableName"] as? String ?? "", Self.key(item), item, now: now)
            } else if let delete = action["Delete"] {
                write(delete["TableName"] as? String ?? "", Self.key(delete["Key"]), nil, now: now)
            }
        }
        return written(sequence)
    }

    @discardableResult
    private mutating func write(_ table: String, _ key: String, _ item: [String: Any]?, now: UInt64) -> Int {
        sequence += 1
        var attributes = item
        attributes?["seq"] = ["N": "\(sequence)"]
        tables[table]?.history[key, default: []].append(
            ItemState(sequence: sequence, attributes: attributes, since: now)
        )
        return sequence
    }

    private func read(_ table: String, _ key: String, isConsistent: Bool, _ now: UInt64) -> [String: Any]? {
        let history = tables[table]?.history[key] ?? []
        if isConsistent || lag == 0 { return history.last?.attributes }
        return history.last { $0.since &+ lag <= now }?.attributes
    }

    private func written(_ sequence: Int) -> Reply {
        Reply(status: 200, body: "{}", sequence: sequence)
    }

    // MARK: JSON

    private static let notFound = Reply(
        status: 400,
        body: """
            {"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",\
            "message":"Requested resource not found"}
            """
    )

    private static func description(_ name: String, _ table: Table?) -> String {
        """
        {"TableName":"\(name)","TableStatus":"ACTIVE","TableId":"\(table?.id ?? "")",\
        "TableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/\(name)",\
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],\
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}
        """
    }

    private static func key(_ json: Any?) -> String {
        ((json as? [String: Any])?["id"] as? [String: String])?["S"] ?? ""
    }

    private static func reply(_ json: [String: Any]) -> Reply {
        let data = (try? JSONSerialization.data(withJSONObject: json, options: .sortedKeys)) ?? Data()
        return Reply(status: 200, body: String(decoding: data, as: UTF8.self))
    }
}
