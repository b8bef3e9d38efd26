import DynamoDB
import Testing

@testable import TableStore

/// DeleteTable, ListTables, TTL, tags and the operations of the account.
@Suite struct TablesOperationTests {
    private static let name = #"{"TableName":"Music"}"#
    private static let notFound = "Requested resource not found: Table: Music not found"

    private static func store() throws -> TestStore {
        let store = try TestStore()
        try store.call("CreateTable", TableRequests.create())
        return store
    }

    // MARK: DeleteTable

    @Test func deletesATable() throws {
        let store = try TestStore()
        let index = #","GlobalSecondaryIndexes":[\#(TableRequests.index("byB", "b"))]"#
        let create = TableRequests.create("Music", "a:S b:S", "a", #""BillingMode":"PAY_PER_REQUEST""# + index)
        let first = try store.call("CreateTable", create)["TableDescription"]
        try store.call("PutItem", #"{"TableName":"Music","Item":{"a":{"S":"x"},"b":{"S":"y"}}}"#)
        let deleted = try store.call("DeleteTable", Self.name)["TableDescription"]
        #expect(deleted?["TableStatus"] == "DELETING")
        #expect(deleted?["TableName"] == "Music")
        #expect(deleted?["TableId"] == first?["TableId"])
        #expect(deleted?["ItemCount"] == 1)
        for member in ["CreationDateTime", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"] {
            #expect(deleted?[member] == nil)
        }
        for operation in ["DescribeTable", "DeleteTable", "DescribeTimeToLive"] {
            store.expectError(operation, Self.name, "ResourceNotFoundException", Self.notFound)
        }
        #expect(try store.call("ListTables") == ["TableNames": []])
        // What is made again under the name is another table.
        let second = try store.call("CreateTable", create)["TableDescription"]
        #expect(second?["TableId"] != first?["TableId"])
        #expect(try store.call("Scan", Self.name)["Count"] == 0)
        #expect(try store.call("Scan", #"{"TableName":"Music","IndexName":"byB"}"#)["Count"] == 0)
        try store.reload()
        #expect(try store.call("DescribeTable", Self.name)["Table"]?["ItemCount"] == 0)
        #expect(try store.call("DescribeTable", Self.name)["Table"]?["GlobalSecondaryIndexes"]?[0]?["ItemCount"] == 0)
    }

    @Test func protectsFromDeletion() throws {
        let store = try Self.store()
        try store.call("UpdateTable", #"{"TableName":"Music","DeletionProtectionEnabled":true}"#)
        store.expectError(
            "DeleteTable",
            Self.name,
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        )
        try store.call("UpdateTable", #"{"TableName":"Music","DeletionProtectionEnabled":false}"#)
        try store.call("DeleteTable", Self.name)
    }

    // MARK: ListTables

    @Test func listsTablesByPages() throws {
        let store = try TestStore()
        for name in ["ccc", "aaa", "bbb", "Zzz"] { try store.call("CreateTable", TableRequests.create(name)) }
        #expect(try store.call("ListTables") == ["TableNames": ["Zzz", "aaa", "bbb", "ccc"]])
        #expect(
            try store.call("ListTables", #"{"Limit":2}"#)
                == ["TableNames": ["Zzz", "aaa"], "LastEvaluatedTableName": "aaa"]
        )
        #expect(
            try store.call("ListTables", #"{"Limit":2,"ExclusiveStartTableName":"aaa"}"#)
                == ["TableNames": ["bbb", "ccc"]]
        )
        #expect(
            try store.call("ListTables", #"{"ExclusiveStartTableName":"bba"}"#) == ["TableNames": ["bbb", "ccc"]]
        )
        for number in 0..<100 { try store.call("CreateTable", TableRequests.create("t\(100 + number)")) }
        let page = try store.call("ListTables")
        #expect(page["TableNames"]?.array?.count == 100)
        #expect(page["LastEvaluatedTableName"] == "t195")
    }

    // MARK: TTL

    private static func timeToLive(_ attribute: String, _ isEnabled: Bool) -> String {
        #"{"TableName":"Music","TimeToLiveSpecification":{"AttributeName":"\#(attribute)","Enabled":\#(isEnabled)}}"#
    }

    @Test func switchesTimeToLive() throws {
        let store = try Self.store()
        #expect(
            try store.call("DescribeTimeToLive", Self.name)
                == ["TimeToLiveDescription": ["TimeToLiveStatus": "DISABLED"]]
        )
        let refuse = { (attribute: String, isEnabled: Bool, message: String) in
            store.expectError("UpdateTimeToLive", Self.timeToLive(attribute, isEnabled), "ValidationException", message)
        }
        refuse("ttl", false, "TimeToLive is already disabled")
        #expect(
            try store.call("UpdateTimeToLive", Self.timeToLive("ttl", true))
                == ["TimeToLiveSpecification": ["AttributeName": "ttl", "Enabled": true]]
        )
        refuse("ttl", true, "TimeToLive is already enabled")
        refuse("other", true, "TimeToLive is active on a different AttributeName: current AttributeName is ttl")
        refuse("other", false, "TimeToLive is active on a different AttributeName: current AttributeName is ttl")
        try store.reload()
        #expect(
            try store.call("DescribeTimeToLive", Self.name)
                == ["TimeToLiveDescription": ["TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"]]
        )
        try store.call("UpdateTimeToLive", Self.timeToLive("ttl", false))
        try store.call("UpdateTimeToLive", Self.timeToLive("other", true))
    }

    @Test func setsAndClearsExpiries() throws {
        let store = try Self.store()
        for (id, ttl) in [("1", #"{"N":"100"}"#), ("2", #"{"S":"100"}"#), ("3", #"{"N":"200"}"#)] {
            try store.call("PutItem", #"{"TableName":"Music","Item":{"a":{"S":"\#(id)"},"ttl":\#(ttl)}}"#)
        }
        let number = try store.engine.table(named: "Music").definition.number
        let expired = { try store.engine.storage.expired(in: number, before: 1000, limit: 10).count }
        #expect(try expired() == 0)
        try store.call("UpdateTimeToLive", Self.timeToLive("ttl", true))
        #expect(try expired() == 2)
        try store.call("UpdateTimeToLive", Self.timeToLive("ttl", false))
        #expect(try expired() == 0)
    }

    // MARK: Tags

    private static let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"

    private static func tag(_ tags: String, _ arn: String = arn) -> String {
        #"{"ResourceArn":"\#(arn)","Tags":[\#(tags)]}"#
    }

    private static func untag(_ keys: String) -> String { #"{"ResourceArn":"\#(arn)","TagKeys":[\#(keys)]}"# }

    private static func tags(_ store: TestStore) throws -> [String: String] {
        let tags = try store.call("ListTagsOfResource", #"{"ResourceArn":"\#(arn)"}"#)["Tags"]?.array ?? []
        return Dictionary(uniqueKeysWithValues: tags.map { ($0["Key"]?.string ?? "", $0["Value"]?.string ?? "") })
    }

    @Test func tagsATable() throws {
        let store = try Self.store()
        #expect(try Self.tags(store) == [:])
        let reply = try store.call("TagResource", Self.tag(#"{"Key":"a","Value":"1"},{"Key":"b","Value":""}"#))
        #expect(reply == .null)
        try store.call("TagResource", Self.tag(#"{"Key":"a","Value":"2"},{"Key":"c","Value":"é + - = . _ : / @"}"#))
        try store.reload()
        #expect(try Self.tags(store) == ["a": "2", "b": "", "c": "é + - = . _ : / @"])
        #expect(try store.call("UntagResource", Self.untag(#""a","missing""#)) == .null)
        #expect(try Self.tags(store) == ["b": "", "c": "é + - = . _ : / @"])
    }

    /// aws-controllers-k8s's record of the live service (2026-10).
    static let tagRefusals: [(tags: String, message: String)] = [
        ("", "Atleast one Tag needs to be provided as Input."),
        (#"{"Key":"good","Value":"x"},{"Key":"","Value":"x"}"#, "The Tag Key provided is invalid, Key: "),
        (
            #"{"Key":"good","Value":"x"},{"Key":"aws:zzz","Value":"x"}"#,
            "Tag Key cannot be prefixed with aws:, Key: aws:zzz"
        ),
        (#"{"Key":"a,b","Value":"x"}"#, "The Tag Key provided is invalid, Key: a,b"),
        (#"{"Key":"a","Value":"100%"}"#, "The Tag Value provided is invalid, Value: 100%"),
        (
            #"{"Key":"dup","Value":"x"},{"Key":"dup","Value":"y"}"#,
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found dup"
        ),
        (
            (0..<51).map { #"{"Key":"k\#($0)","Value":"x"}"# }.joined(separator: ","),
            "Number of Tags exceed the current limit for the provided ResourceArn"
        ),
    ]

    @Test(arguments: tagRefusals)
    func refusesTags(_ tags: String, _ message: String) throws {
        let store = try Self.store()
        store.expectError("TagResource", Self.tag(tags), "ValidationException", message)
        #expect(try Self.tags(store) == [:])
    }

    @Test func limitsTheTagsOfATable() throws {
        let store = try Self.store()
        let fifty = (0..<50).map { #"{"Key":"k\#($0)","Value":"x"}"# }.joined(separator: ",")
        try store.call("TagResource", Self.tag(fifty))
        try store.call("TagResource", Self.tag(#"{"Key":"k7","Value":"y"}"#))
        store.expectError(
            "TagResource",
            Self.tag(#"{"Key":"more","Value":"y"}"#),
            "ValidationException",
            "Number of Tags exceed the current limit for the provided ResourceArn"
        )
        store.expectError(
            "UntagResource",
            Self.untag(""),
            "ValidationException",
            "Atleast one Tag Key needs to be provided as Input."
        )
    }

    /// aws-controllers-k8s's record of the live service (2026-10), DDB-TABLE-070, 071 and 442.
    @Test func refusesOtherResources() throws {
        let store = try Self.store()
        let tag = #"{"Key":"a","Value":"b"}"#
        let missing = "arn:aws:dynamodb:us-east-1:123456789012:table/Missing"
        store.expectError(
            "TagResource",
            Self.tag(tag, missing),
            "ResourceNotFoundException",
            "Requested resource not found: ResourceArn: \(missing) not found"
        )
        let index = Self.arn + "/index/byB"
        store.expectError(
            "TagResource",
            Self.tag(tag, index),
            "ValidationException",
            invalid
                + "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: \(index)"
        )
        let elsewhere = "arn:aws:dynamodb:eu-west-1:123456789012:table/Music"
        store.expectError(
            "TagResource",
            Self.tag(tag, elsewhere),
            "ValidationException",
            "Invalid TableArn: Invalid ResourceArn provided as input \(elsewhere)"
        )
        let other = "arn:aws:dynamodb:us-east-1:111111111111:table/Music"
        store.expectError(
            "ListTagsOfResource",
            #"{"ResourceArn":"\#(other)"}"#,
            "AccessDeniedException",
            "Access is denied"
        )
        store.expectError(
            "ListTagsOfResource",
            #"{"ResourceArn":"arn:aws:s3:::bucket"}"#,
            "ValidationException",
            invalid + "Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::bucket"
        )
    }

    // MARK: The account

    @Test func describesTheAccount() throws {
        let store = try Self.store()
        #expect(
            try store.call("DescribeLimits") == [
                "AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000,
                "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000,
            ]
        )
        #expect(try store.call("DescribeEndpoints")["Endpoints"]?[0]?["CachePeriodInMinutes"] == 1440)
        #expect(
            try store.call("DescribeContinuousBackups", Self.name)["ContinuousBackupsDescription"] == [
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": ["PointInTimeRecoveryStatus": "DISABLED"],
            ]
        )
        store.expectError(
            "DescribeContinuousBackups",
            #"{"TableName":"Missing"}"#,
            "TableNotFoundException",
            "Table not found: Missing"
        )
    }

    @Test(arguments: [
        "ExecuteStatement", "CreateBackup", "ListGlobalTables", "ImportTable", "PutResourcePolicy", "SearchVectors",
    ])
    func refusesWhatIsNotServed(_ operation: String) throws {
        try TestStore().expectError(operation, "{}", "UnknownOperationException", nil)
    }
}
