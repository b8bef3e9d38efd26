import DynamoDB

@testable import TableStore

/// Bodies of table requests for tests.
enum TableRequests {
    /// CreateTable with attributes (`"a:S b:N"`), keys (`"a b"`) and further members.
    static func create(
        _ name: String = "Music",
        _ attributes: String = "a:S",
        _ keys: String = "a",
        _ more: String = #""BillingMode":"PAY_PER_REQUEST""#
    ) -> String {
        let more = more.isEmpty ? "" : ",\(more)"
        return """
            {"TableName":"\(name)","AttributeDefinitions":\(definitions(attributes)),"KeySchema":\(schema(keys))\(more)}
            """
    }

    /// `AttributeDefinitions` of `"a:S b:N"`.
    static func definitions(_ attributes: String) -> String {
        let list = attributes.split(separator: " ").map { attribute in
            let parts = attribute.split(separator: ":")
            return #"{"AttributeName":"\#(parts[0])","AttributeType":"\#(parts[1])"}"#
        }
        return "[\(list.joined(separator: ","))]"
    }

    /// `KeySchema` of `"a b"`: HASH, then RANGE; `"a:RANGE"` says the type.
    static func schema(_ keys: String) -> String {
        let list = keys.split(separator: " ").enumerated().map { index, key in
            let parts = key.split(separator: ":")
            let type = parts.count > 1 ? String(parts[1]) : index == 0 ? "HASH" : "RANGE"
            return #"{"AttributeName":"\#(parts[0])","KeyType":"\#(type)"}"#
        }
        return "[\(list.joined(separator: ","))]"
    }

    /// An index; `projection` is the inside of `Projection`.
    static func index(
        _ name: String,
        _ keys: String,
        _ projection: String = #""ProjectionType":"ALL""#,
        _ more: String = ""
    ) -> String {
        let more = more.isEmpty ? "" : ",\(more)"
        return #"{"IndexName":"\#(name)","KeySchema":\#(schema(keys)),"Projection":{\#(projection)}\#(more)}"#
    }

    /// `"ProvisionedThroughput":{...}`.
    static func units(_ read: Int, _ write: Int) -> String {
        #""ProvisionedThroughput":{"ReadCapacityUnits":\#(read),"WriteCapacityUnits":\#(write)}"#
    }
}

/// The beginning of most refusals of tables.
let invalid = "One or more parameter values were invalid: "
