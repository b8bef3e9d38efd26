import DynamoDB
import Testing

@testable import TableStore

@Suite struct TablesCreateTests {
    private static let onDemand = #""BillingMode":"PAY_PER_REQUEST""#
    private static let one = TableRequests.units(1, 1)

    private static func create(_ attributes: String, _ keys: String, _ more: String = onDemand) -> String {
        TableRequests.create("Music", attributes, keys, more)
    }

    private static func local(_ indexes: String...) -> String {
        onDemand + #","LocalSecondaryIndexes":[\#(indexes.joined(separator: ","))]"#
    }

    private static func global(_ indexes: String...) -> String {
        onDemand + #","GlobalSecondaryIndexes":[\#(indexes.joined(separator: ","))]"#
    }

    private static func index(
        _ name: String,
        _ keys: String,
        _ projection: String = #""ProjectionType":"ALL""#
    ) -> String {
        TableRequests.index(name, keys, projection)
    }

    // MARK: Refusals

    /// mhart/dynalite, test/createTable.js, which ran against the service; of billing, aws-controllers-k8s's record of the
    /// live service.
    static let keyRefusals: [(request: String, message: String)] = [
        (
            create("a:S", "a", ""),
            invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ),
        (
            create("", "a", ""),
            invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ),
        (
            create("a:S", "a", #""BillingMode":"PROVISIONED""#),
            invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ),
        (
            create("a:S", "a", onDemand + "," + one),
            invalid
                + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        ),
        (
            create("", "a", TableRequests.units(1_000_000_000_001, 1_000_000_000_001)),
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds"
        ),
        (
            create("", "a", TableRequests.units(1_000_000_000_000, 1_000_000_000_001)),
            "Given value 1000000000001 for WriteCapacityUnits is out of bounds"
        ),
        (create("", "a:HASH a:HASH"), "Invalid KeySchema: Some index key attribute have no definition"),
        (create("", "a"), "Invalid KeySchema: Some index key attribute have no definition"),
        (create("b:S", "a b"), "Invalid KeySchema: Some index key attribute have no definition"),
        (create("a:S", "a:HASH a:HASH"), "Invalid KeySchema: Some index key attribute have no definition"),
        (
            create("b:S", "a"),
            invalid
                + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]"
        ),
        (
            create("a:S b:S", "a:HASH a:HASH"),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        ),
        (create("a:S b:S", "a:HASH b:HASH"), "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
        (create("a:S b:S", "a:RANGE b:HASH"), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        (create("a:S", "a:RANGE"), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        (
            create("a:S b:S", "a"),
            invalid
                + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
        ),
        (create("a:S a:N", "a"), "Attribute Name is duplicated: a"),
        (
            create("pk:S sk:S a:S b:S c:S", "pk sk", global(index("abc", "a"))),
            invalid
                + "Some AttributeDefinitions are not used. AttributeDefinitions: [sk, a, b, pk, c], keys used: [a, sk, pk]"
        ),
    ]

    @Test(arguments: keyRefusals)
    func refusesKeys(_ request: String, _ message: String) throws {
        try TestStore().expectError("CreateTable", request, "ValidationException", message)
    }

    /// paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/createTable.test.ts, which ran against the service.
    @Test func namesOfGlobalIndexesAreCheckedFirst() throws {
        let lists = [
            #""LocalSecondaryIndexes":[\#(Self.index("aa", "a b"))]"#,
            #""GlobalSecondaryIndexes":[\#(Self.index("zz", "b"))]"#,
        ]
        let short = { (name: String, list: String) in
            "Value '\(name)' at '\(list).1.member.indexName' failed to satisfy constraint: "
                + "Member must have length greater than or equal to 3"
        }
        for lists in [lists, lists.reversed()] {
            try TestStore().expectError(
                "CreateTable",
                Self.create("a:S b:S", "a b", ([Self.onDemand] + lists).joined(separator: ",")),
                "ValidationException",
                "2 validation errors detected: \(short("zz", "globalSecondaryIndexes")); "
                    + short("aa", "localSecondaryIndexes")
            )
        }
    }

    private static let pair = ("a:S b:S", "a b")

    static let indexRefusals: [(request: String, message: String)] = [
        (create("a:S b:S", "a", local()), invalid + "List of LocalSecondaryIndexes is empty"),
        (create("a:S b:S", "a", global()), invalid + "List of GlobalSecondaryIndexes is empty"),
        (
            create("a:S b:S", "a", local(index("abc", "c:RANGE", ""))),
            invalid
                + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        ),
        (
            create("a:S b:S", "a b", local(index("abc", "a c", ""))),
            invalid
                + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, c], AttributeDefinitions: [a, b]"
        ),
        (
            create("a:S b:S", "a", global(index("abc", "c:RANGE", ""))),
            invalid
                + "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: [a, b]"
        ),
        (
            create("a:S b:S", "a b", local(index("abc", "a:RANGE", ""))),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
        ),
        (
            create("a:S b:S", "a b", global(index("abc", "a:HASH a:HASH", ""))),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        ),
        (
            create("a:S b:S", "a b", global(index("abc", "a:HASH b:HASH", ""))),
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        ),
        (
            create("a:S b:S", "a b", local(index("abc", "b", ""))),
            invalid + "Index KeySchema does not have a range key for index: abc"
        ),
        (
            create("a:S b:S", "a b", local(index("abc", "b a", ""))),
            invalid + "Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. "
                + "index hash key: b, table hash key: a"
        ),
        (create("a:S b:S", "a b", local(index("abc", "a b", ""))), invalid + "Unknown ProjectionType: null"),
        (create("a:S b:S", "a b", global(index("abc", "b", ""))), invalid + "Unknown ProjectionType: null"),
        (
            create("a:S b:S", "a b", global(index("abc", "b", #""NonKeyAttributes":["x"]"#))),
            invalid + "Unknown ProjectionType: null"
        ),
        (
            create("a:S b:S", "a b", global(index("abc", "b", #""ProjectionType":"ALL","NonKeyAttributes":["x"]"#))),
            invalid + "ProjectionType is ALL, but NonKeyAttributes is specified"
        ),
        (
            create(
                "a:S b:S",
                "a b",
                local(index("abc", "a b", #""ProjectionType":"KEYS_ONLY","NonKeyAttributes":["x"]"#))
            ),
            invalid + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"
        ),
        (
            create("a:S b:S", "a b", global(index("abc", "b", #""ProjectionType":"INCLUDE""#))),
            invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
        ),
        (
            create(
                "a:S b:S",
                "a b",
                global(index("abc", "b", #""ProjectionType":"INCLUDE","NonKeyAttributes":["x","x"]"#))
            ),
            invalid + "Duplicate element in NonKeyAttributes: x"
        ),
        (
            create("a:S b:S", "a b", local(index("abc", "a b"), index("abc", "a b"))),
            invalid + "Duplicate index name: abc"
        ),
        (
            create(
                "a:S b:S",
                "a b",
                local(index("abc", "a b")) + #","GlobalSecondaryIndexes":[\#(index("abc", "a b"))]"#
            ),
            invalid + "Duplicate index name: abc"
        ),
        (
            create("a:S b:S", "a b", onDemand + #","LocalSecondaryIndexes":[\#(many(6, "a b"))]"#),
            invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"
        ),
        (
            create("a:S b:S", "a b", onDemand + #","GlobalSecondaryIndexes":[\#(many(21, "b"))]"#),
            invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20"
        ),
        (
            create("a:S b:S", "a", one + #","GlobalSecondaryIndexes":[\#(index("abc", "b"))]"#),
            invalid + "ProvisionedThroughput is not specified for index: abc"
        ),
        (
            create(
                "a:S b:S",
                "a",
                onDemand
                    + #","GlobalSecondaryIndexes":[\#(TableRequests.index("abc", "b", #""ProjectionType":"ALL""#, one))]"#
            ),
            invalid + "ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST"
        ),
        (
            create(
                "a:S b:S",
                "a",
                one
                    + #","GlobalSecondaryIndexes":[\#(TableRequests.index("abc", "b", #""ProjectionType":"ALL""#, TableRequests.units(1_000_000_000_001, 1)))]"#
            ),
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds for index abc"
        ),
    ]

    private static func many(_ count: Int, _ keys: String) -> String {
        (0..<count).map { index("abc\($0)", keys) }.joined(separator: ",")
    }

    @Test(arguments: indexRefusals)
    func refusesIndexes(_ request: String, _ message: String) throws {
        try TestStore().expectError("CreateTable", request, "ValidationException", message)
    }

    private static func with(_ members: String, _ billing: String = onDemand) -> String {
        create("a:S", "a", billing + "," + members)
    }

    /// aws-controllers-k8s's record of the live service (2026-10).
    static let settingRefusals: [(request: String, message: String)] = [
        (
            with(#""StreamSpecification":{"StreamEnabled":true}"#),
            invalid + "Table is being created with a stream enabled, UpdateViewType is required"
        ),
        (
            with(#""StreamSpecification":{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"}"#),
            invalid + "Table is being created with a stream disabled, UpdateViewType should not be specified"
        ),
        (
            with(#""SSESpecification":{"Enabled":false,"SSEType":"KMS"}"#),
            invalid + "SSEType can not be specified if Enabled is false"
        ),
        (
            with(#""SSESpecification":{"Enabled":true,"SSEType":"AES256"}"#),
            invalid + "SSEType AES256 is not supported"
        ),
        (
            with(#""SSESpecification":{"Enabled":true,"KMSMasterKeyId":"abc"}"#),
            invalid + "SSEType KMS is required if KMSMasterKeyId is specified"
        ),
        (
            with(#""OnDemandThroughput":{"MaxReadRequestUnits":5}"#, one),
            invalid
                + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."
        ),
        (
            with(#""OnDemandThroughput":{"MaxReadRequestUnits":-1}"#),
            invalid + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"
        ),
        (
            with(#""WarmThroughput":{"ReadUnitsPerSecond":5}"#, TableRequests.units(10, 10)),
            invalid
                + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput"
        ),
        (with(#""Tags":[{"Key":"aws:x","Value":"y"}]"#), "Tag Key cannot be prefixed with aws:, Key: aws:x"),
        (
            with(#""Tags":[{"Key":"x","Value":"y"},{"Key":"x","Value":"z"}]"#),
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found x"
        ),
        (with(#""VectorIndexes":[]"#), invalid + "VectorIndexes is not supported by this store"),
    ]

    @Test(arguments: settingRefusals)
    func refusesSettings(_ request: String, _ message: String) throws {
        try TestStore().expectError("CreateTable", request, "ValidationException", message)
    }

    @Test func refusesATableThatExists() throws {
        let store = try TestStore()
        try store.call("CreateTable", TableRequests.create())
        store.expectError(
            "CreateTable",
            TableRequests.create(),
            "ResourceInUseException",
            "Table already exists: Music"
        )
    }

    @Test func limitsTheNumberOfTables() throws {
        let store = try TestStore()
        for number in 0..<2500 { try store.call("CreateTable", TableRequests.create("Table\(number)")) }
        store.expectError(
            "CreateTable",
            TableRequests.create(),
            "LimitExceededException",
            "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber"
        )
    }

    // MARK: Descriptions

    @Test func describesAProvisionedTable() throws {
        let store = try TestStore()
        let created = try store.call("CreateTable", Self.create("a:S", "a", TableRequests.units(5, 6)))[
            "TableDescription"
        ]
        var expected: [String: JSON] = [
            "TableName": "Music", "TableStatus": "CREATING", "CreationDateTime": 1_700_000_000.123, "ItemCount": 0,
            "TableSizeBytes": 0, "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/Music",
            "AttributeDefinitions": [["AttributeName": "a", "AttributeType": "S"]],
            "KeySchema": [["AttributeName": "a", "KeyType": "HASH"]],
            "ProvisionedThroughput": ["NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6],
            "DeletionProtectionEnabled": false,
        ]
        let tableID = try #require(created?["TableId"]?.string)
        #expect(tableID.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        expected["TableId"] = .string(tableID)
        #expect(created == .object(expected))
        expected["TableStatus"] = "ACTIVE"
        expected["WarmThroughput"] = ["ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE"]
        #expect(try store.call("DescribeTable", #"{"TableName":"Music"}"#)["Table"] == .object(expected))
        #expect(
            try store.call("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/Music"}"#)[
                "Table"
            ]
                == .object(expected)
        )
    }

    @Test func describesEverySetting() throws {
        let store = try TestStore()
        let more = """
            "BillingMode":"PAY_PER_REQUEST","DeletionProtectionEnabled":true,"TableClass":"STANDARD_INFREQUENT_ACCESS",
            "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},
            "SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/mine"},
            "OnDemandThroughput":{"MaxReadRequestUnits":10},"Tags":[{"Key":"k","Value":"v"}],
            "WarmThroughput":{"ReadUnitsPerSecond":12001},
            "LocalSecondaryIndexes":[\(Self.index("local", "a c", #""ProjectionType":"KEYS_ONLY""#))],
            "GlobalSecondaryIndexes":[\(Self.index("global", "c", #""ProjectionType":"INCLUDE","NonKeyAttributes":["y","x"]"#))]
            """
        let created = try store.call("CreateTable", Self.create("b:N c:B a:S", "a b", more))["TableDescription"]
        #expect(created?["GlobalSecondaryIndexes"]?[0]?["IndexStatus"] == "CREATING")
        #expect(created?["BillingModeSummary"] == ["BillingMode": "PAY_PER_REQUEST"])
        #expect(created?["WarmThroughput"]?["Status"] == "UPDATING")
        #expect(created?["Tags"] == nil)
        let table = try store.call("DescribeTable", #"{"TableName":"Music"}"#)["Table"]
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"
        let none: JSON = ["NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0]
        #expect(
            table?["AttributeDefinitions"] == [
                ["AttributeName": "a", "AttributeType": "S"], ["AttributeName": "b", "AttributeType": "N"],
                ["AttributeName": "c", "AttributeType": "B"],
            ]
        )
        #expect(
            table?["LocalSecondaryIndexes"] == [
                [
                    "IndexName": "local", "IndexArn": .string(arn + "/index/local"), "IndexSizeBytes": 0,
                    "ItemCount": 0,
                    "KeySchema": [
                        ["AttributeName": "a", "KeyType": "HASH"], ["AttributeName": "c", "KeyType": "RANGE"],
                    ],
                    "Projection": ["ProjectionType": "KEYS_ONLY"],
                ]
            ]
        )
        #expect(
            table?["GlobalSecondaryIndexes"] == [
                [
                    "IndexName": "global", "IndexArn": .string(arn + "/index/global"), "IndexStatus": "ACTIVE",
                    "IndexSizeBytes": 0, "ItemCount": 0, "KeySchema": [["AttributeName": "c", "KeyType": "HASH"]],
                    "Projection": ["ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]],
                    "ProvisionedThroughput": none,
                    "WarmThroughput": ["ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"],
                ]
            ]
        )
        let settings: [String: JSON] = [
            "ProvisionedThroughput": none,
            "BillingModeSummary": [
                "BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": 1_700_000_000.123,
            ],
            "StreamSpecification": ["StreamEnabled": true, "StreamViewType": "KEYS_ONLY"],
            "LatestStreamLabel": "2023-11-14T22:13:20.123",
            "LatestStreamArn": .string(arn + "/stream/2023-11-14T22:13:20.123"),
            "SSEDescription": [
                "Status": "ENABLED", "SSEType": "KMS",
                "KMSMasterKeyArn": "arn:aws:kms:us-east-1:123456789012:alias/mine",
            ],
            "TableClassSummary": ["TableClass": "STANDARD_INFREQUENT_ACCESS"],
            "OnDemandThroughput": ["MaxReadRequestUnits": 10],
            "WarmThroughput": ["ReadUnitsPerSecond": 12001, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"],
            "DeletionProtectionEnabled": true,
        ]
        for (name, value) in settings { #expect(table?[name] == value, "\(name)") }
    }

    @Test func acceptsWhatChangesNothing() throws {
        let store = try TestStore()
        let more =
            #","Tags":[],"SSESpecification":{},"StreamSpecification":{"StreamEnabled":false},"OnDemandThroughput":{}"#
            + #","WarmThroughput":{},"DeletionProtectionEnabled":false"#
        try store.call("CreateTable", Self.create("a:S", "a", Self.onDemand + more))
        let table = try store.call("DescribeTable", #"{"TableName":"Music"}"#)["Table"]
        #expect(table?["SSEDescription"] == nil)
        #expect(table?["StreamSpecification"] == nil)
        #expect(table?["OnDemandThroughput"] == nil)
    }

    @Test func countsItemsAndIndexEntries() throws {
        let store = try TestStore()
        try store.call("CreateTable", Self.create("a:S b:N", "a", Self.global(Self.index("abc", "b"))))
        try store.call("PutItem", #"{"TableName":"Music","Item":{"a":{"S":"x"},"b":{"N":"1"}}}"#)
        try store.call("PutItem", #"{"TableName":"Music","Item":{"a":{"S":"y"}}}"#)
        for _ in 0..<2 {
            let table = try store.call("DescribeTable", #"{"TableName":"Music"}"#)["Table"]
            #expect(table?["ItemCount"] == 2)
            #expect(table?["TableSizeBytes"] == 7)
            #expect(table?["GlobalSecondaryIndexes"]?[0]?["ItemCount"] == 1)
            #expect(table?["GlobalSecondaryIndexes"]?[0]?["IndexSizeBytes"] == 5)
            try store.reload()
        }
    }
}
