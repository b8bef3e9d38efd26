import DynamoDB
import Testing

@testable import TableStore

@Suite struct TablesUpdateTests {
    private static let onDemand = #""BillingMode":"PAY_PER_REQUEST""#

    /// Tables: `Units` with 5 and 5 units and an index `byB`; `Demand` on demand with an index `byB` and a local index.
    private static func store() throws -> TestStore {
        let store = try TestStore()
        let global = { (more: String) in
            #""GlobalSecondaryIndexes":[\#(TableRequests.index("byB", "b", #""ProjectionType":"ALL""#, more))]"#
        }
        let units = TableRequests.units(5, 5)
        try store.call("CreateTable", TableRequests.create("Units", "a:S b:S", "a", units + "," + global(units)))
        try store.call(
            "CreateTable",
            TableRequests.create(
                "Demand",
                "a:S b:S",
                "a b",
                onDemand + "," + global("") + #","LocalSecondaryIndexes":[\#(TableRequests.index("local", "a b"))]"#
            )
        )
        return store
    }

    private static func update(_ table: String, _ members: String) -> String {
        #"{"TableName":"\#(table)",\#(members)}"#
    }

    private static func indexes(_ updates: String...) -> String {
        #""GlobalSecondaryIndexUpdates":[\#(updates.joined(separator: ","))]"#
    }

    private static func create(_ index: String) -> String { #"{"Create":\#(index)}"# }
    private static func delete(_ name: String) -> String { #"{"Delete":{"IndexName":"\#(name)"}}"# }
    private static func change(_ name: String, _ more: String) -> String {
        #"{"Update":{"IndexName":"\#(name)",\#(more)}}"#
    }

    private static let units = TableRequests.units(6, 5)
    private static let same = TableRequests.units(5, 5)
    private static let newIndex = create(TableRequests.index("byC", "c"))
    private static let defined = #","AttributeDefinitions":\#(TableRequests.definitions("c:N"))"#
    private static let stream = #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}"#
    private static let required =
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        + "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        + "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
    private static let neither =
        invalid
        + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"

    /// mhart/dynalite, test/updateTable.js, which ran against the service, and aws-controllers-k8s's record of the live
    /// service (2026-10), which is newer.
    static let refusals: [(table: String, members: String, message: String)] = [
        ("Units", #""AttributeDefinitions":[]"#, required),
        ("Units", indexes(), required),
        ("Units", #""OnDemandThroughput":{}"#, required),
        (
            "Units", indexes() + #","DeletionProtectionEnabled":true"#,
            invalid + "List of GlobalSecondaryIndexUpdates is empty"
        ),
        (
            "Missing", TableRequests.units(1_000_000_000_001, 1),
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds"
        ),
        (
            "Missing", indexes("{}"),
            invalid + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                + "GlobalSecondaryIndexUpdate.Delete must not be null"
        ),
        (
            "Missing", indexes(delete("abc"), delete("abc")),
            invalid + "Only one global secondary index update per index is allowed simultaneously. Index: abc"
        ),
        (
            "Missing", indexes(#"{"Delete":{"IndexName":"abc"},"Update":{"IndexName":"abc",\#(same)}}"#),
            invalid + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
        ),
        (
            "Units", #""ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]"#,
            invalid + "ReplicaUpdates is not supported by this store"
        ),
        // What does not go together.
        (
            "Units", #""SSESpecification":{"Enabled":true},"TableClass":"STANDARD""#,
            invalid + "Server-Side Encryption modification must be the only operation in the request"
        ),
        (
            "Units", #""DeletionProtectionEnabled":true,"TableClass":"STANDARD""#,
            invalid + "TableClass modification must be the only operation in the request"
        ),
        (
            "Units", #""DeletionProtectionEnabled":true,"# + indexes(newIndex) + defined,
            invalid + "DeletionProtection modification must be the only operation in the request"
        ),
        (
            "Units", #""WarmThroughput":{"ReadUnitsPerSecond":9},"# + indexes(newIndex) + defined,
            invalid + "Create global secondary index cannot be specified when updating WarmThroughput"
        ),
        (
            "Demand", #""OnDemandThroughput":{"MaxReadRequestUnits":9},"# + stream,
            invalid + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
        ),
        ("Units", units + "," + stream, invalid + "You cannot modify stream status while updating table IOPS"),
        (
            "Units", units + "," + indexes(newIndex) + defined,
            invalid + "You cannot create or delete index while updating table IOPS"
        ),
        (
            "Units", stream + "," + indexes(delete("byB")),
            invalid + "You cannot create or delete index while changing stream status"
        ),
        // Capacity.
        (
            "Units", same,
            "The provisioned throughput for the table will not change. The requested value equals the current value. "
                + "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
                + "Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. "
                + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        ),
        ("Demand", same, neither),
        (
            "Demand", #""BillingMode":"PROVISIONED""#,
            invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        ),
        (
            "Units", #""BillingMode":"PROVISIONED""#,
            invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        ),
        (
            "Demand", #""BillingMode":"PROVISIONED","# + same,
            invalid + "ProvisionedThroughput must be specified for index: byB"
        ),
        (
            "Units", onDemand + "," + units,
            invalid + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"
        ),
        (
            "Units", #""OnDemandThroughput":{"MaxReadRequestUnits":9}"#,
            invalid
                + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
        ),
        (
            "Demand", #""OnDemandThroughput":{"MaxWriteRequestUnits":0}"#,
            invalid + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range"
        ),
        (
            "Demand", #""WarmThroughput":{"ReadUnitsPerSecond":11999}"#,
            invalid + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
                + "decreasing WarmThroughput is not supported"
        ),
        // Indexes.
        (
            "Units", indexes(change("byB", same)),
            "The provisioned throughput for the index byB will not change. The requested value equals the current value. "
                + "Current ReadCapacityUnits provisioned for index byB: 5. Requested ReadCapacityUnits: 5. "
                + "Current WriteCapacityUnits provisioned for index byB: 5. Requested WriteCapacityUnits: 5. "
                + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        ),
        (
            "Demand", indexes(change("byB", same)),
            invalid + "The only Updates for index: byB when TableThroughputMode is PAY_PER_REQUEST can be to "
                + "OnDemandThroughput, WarmThroughput"
        ),
        ("Demand", indexes(delete("local")), "Cannot delete an index that is not a GlobalSecondaryIndex: local"),
        (
            "Units", indexes(create(TableRequests.index("byB", "nothing"))),
            "Attempting to create an index which already exists"
        ),
        ("Demand", indexes(newIndex), invalid + "AttributeDefinitions is not specified for index: byC"),
        (
            "Demand", indexes(create(TableRequests.index("byC", "d"))) + defined,
            invalid + "Some index key attributes are not defined in AttributeDefinitions. "
                + "Keys: [d], AttributeDefinitions: [a, b, c]"
        ),
        (
            "Units", indexes(newIndex) + defined,
            invalid + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: byC"
        ),
        (
            "Demand", indexes(create(TableRequests.index("byC", "c", #""ProjectionType":"ALL""#, same))) + defined,
            invalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: byC "
                + "when BillingMode is PAY_PER_REQUEST"
        ),
        (
            "Demand",
            indexes(create(TableRequests.index("byC", "b")))
                + #","AttributeDefinitions":\#(TableRequests.definitions("b:N"))"#,
            invalid + "Attributes cannot be redefined. "
                + "Please check that your attribute has the same type as previously defined. "
                + "Existing schema: Schema:[SchemaElement: key{a:S:HASH}, SchemaElement: key{b:S:RANGE}] "
                + "New schema: Schema:[SchemaElement: key{b:N:HASH}]"
        ),
        // Stream and encryption.
        (
            "Units", #""StreamSpecification":{"StreamEnabled":true}"#,
            invalid + "If stream is being enabled then UpdateViewType is required"
        ),
        (
            "Units", #""StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"}"#,
            invalid + "If stream is being disabled, then UpdateViewType must not be specified"
        ),
        (
            "Units", #""StreamSpecification":{"StreamEnabled":false}"#,
            "Table has no stream to disable: TableName: Units"
        ),
        ("Units", #""SSESpecification":{"Enabled":false}"#, invalid + "Table is already encrypted by default"),
    ]

    @Test(arguments: refusals)
    func refuses(_ table: String, _ members: String, _ message: String) throws {
        let store = try Self.store()
        let before = try store.call("DescribeTable", #"{"TableName":"Units"}"#)
        store.expectError("UpdateTable", Self.update(table, members), "ValidationException", message)
        #expect(try store.call("DescribeTable", #"{"TableName":"Units"}"#) == before)
    }

    @Test func refusesWithOtherErrors() throws {
        let store = try Self.store()
        let notFound = "Requested resource not found: Table: abc not found"
        store.expectError("UpdateTable", Self.update("abc", Self.units), "ResourceNotFoundException", notFound)
        store.expectError(
            "UpdateTable",
            Self.update("Units", Self.indexes(Self.delete("ghost"))),
            "ResourceNotFoundException",
            "Requested resource not found: Index ghost for table Units"
        )
        store.expectError(
            "UpdateTable",
            Self.update("Units", Self.indexes(Self.delete("abc"), Self.delete("abd"))),
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    }

    private static func describe(_ store: TestStore, _ table: String) throws -> JSON? {
        try store.call("DescribeTable", #"{"TableName":"\#(table)"}"#)["Table"]
    }

    @Test func changesThroughput() throws {
        let store = try Self.store()
        store.now += 1000
        let reply = try store.call("UpdateTable", Self.update("Units", TableRequests.units(6, 7)))["TableDescription"]
        #expect(reply?["TableStatus"] == "UPDATING")
        #expect(
            reply?["ProvisionedThroughput"] == [
                "ReadCapacityUnits": 5, "WriteCapacityUnits": 5, "NumberOfDecreasesToday": 0,
                "LastIncreaseDateTime": 1_700_000_001.123,
            ]
        )
        store.now += 1000
        let update = Self.update(
            "Units",
            TableRequests.units(6, 2) + "," + Self.indexes(Self.change("byB", TableRequests.units(4, 5)))
        )
        #expect(
            try store.call("UpdateTable", update)["TableDescription"]?["ProvisionedThroughput"]?[
                "NumberOfDecreasesToday"
            ] == 0
        )
        try store.reload()
        let table = try Self.describe(store, "Units")
        #expect(table?["TableStatus"] == "ACTIVE")
        #expect(
            table?["ProvisionedThroughput"] == [
                "ReadCapacityUnits": 6, "WriteCapacityUnits": 2, "NumberOfDecreasesToday": 1,
                "LastIncreaseDateTime": 1_700_000_001.123, "LastDecreaseDateTime": 1_700_000_002.123,
            ]
        )
        #expect(table?["WarmThroughput"]?["WriteUnitsPerSecond"] == 7)
        #expect(table?["GlobalSecondaryIndexes"]?[0]?["ProvisionedThroughput"]?["ReadCapacityUnits"] == 4)
        #expect(table?["GlobalSecondaryIndexes"]?[0]?["ProvisionedThroughput"]?["NumberOfDecreasesToday"] == 1)
    }

    @Test func limitsDecreases() throws {
        let store = try Self.store()
        // 21:21:34 on 8 October 2026.
        store.now = 1_791_494_494_000
        try store.call("UpdateTable", Self.update("Units", TableRequests.units(50, 50)))
        for units in [9, 8, 7, 6] {
            try store.call("UpdateTable", Self.update("Units", TableRequests.units(units, 50)))
        }
        store.now += 3_599_000
        store.expectError(
            "UpdateTable",
            Self.update("Units", TableRequests.units(5, 60)),
            "LimitExceededException",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
                + "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once "
                + "every 3600 seconds. Number of decreases today: 4. "
                + "Last decrease at Thursday, October 8, 2026 at 9:21:34 PM Coordinated Universal Time. "
                + "Next decrease can be made at Thursday, October 8, 2026 at 10:21:34 PM Coordinated Universal Time"
        )
        try store.call("UpdateTable", Self.update("Units", TableRequests.units(6, 60)))
        store.now += 1000
        try store.call("UpdateTable", Self.update("Units", TableRequests.units(5, 60)))
        #expect(try Self.describe(store, "Units")?["ProvisionedThroughput"]?["NumberOfDecreasesToday"] == 5)
        store.now += 3 * 3_600_000
        #expect(try Self.describe(store, "Units")?["ProvisionedThroughput"]?["NumberOfDecreasesToday"] == 0)
    }

    @Test func switchesBillingModes() throws {
        let store = try Self.store()
        let reply = try store.call("UpdateTable", Self.update("Units", Self.onDemand))["TableDescription"]
        #expect(reply?["BillingModeSummary"] == ["BillingMode": "PAY_PER_REQUEST"])
        var table = try Self.describe(store, "Units")
        #expect(table?["ProvisionedThroughput"]?["ReadCapacityUnits"] == 0)
        #expect(table?["GlobalSecondaryIndexes"]?[0]?["ProvisionedThroughput"]?["ReadCapacityUnits"] == 0)
        #expect(table?["WarmThroughput"]?["ReadUnitsPerSecond"] == 12_000)
        try store.call("UpdateTable", Self.update("Units", Self.onDemand))
        try store.call("UpdateTable", Self.update("Units", #""OnDemandThroughput":{"MaxReadRequestUnits":9}"#))
        let back = #""BillingMode":"PROVISIONED","# + Self.same + "," + Self.indexes(Self.change("byB", Self.same))
        try store.call("UpdateTable", Self.update("Units", back))
        try store.reload()
        table = try Self.describe(store, "Units")
        #expect(table?["BillingModeSummary"]?["BillingMode"] == "PROVISIONED")
        #expect(table?["BillingModeSummary"]?["LastUpdateToPayPerRequestDateTime"] == 1_700_000_000.123)
        #expect(table?["ProvisionedThroughput"]?["ReadCapacityUnits"] == 5)
        #expect(table?["GlobalSecondaryIndexes"]?[0]?["ProvisionedThroughput"]?["ReadCapacityUnits"] == 5)
        #expect(table?["OnDemandThroughput"] == nil)
    }

    @Test func mergesOnDemandThroughput() throws {
        let store = try Self.store()
        let set = { (members: String) in
            try store.call("UpdateTable", Self.update("Demand", #""OnDemandThroughput":{\#(members)}"#))
            return try Self.describe(store, "Demand")?["OnDemandThroughput"]
        }
        #expect(
            try set(#""MaxReadRequestUnits":9,"MaxWriteRequestUnits":8"#)
                == ["MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 8]
        )
        #expect(try set(#""MaxReadRequestUnits":7"#) == ["MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 8])
        #expect(try set(#""MaxReadRequestUnits":-1"#) == ["MaxWriteRequestUnits": 8])
        #expect(try set(#""MaxWriteRequestUnits":-1"#) == nil)
    }

    @Test func enforcesChangedThroughput() throws {
        let store = try Self.store()
        store.engine.capacity.isEnforced = true
        try store.call("PutItem", #"{"TableName":"Units","Item":{"a":{"S":"x"}}}"#)
        try store.call("UpdateTable", Self.update("Units", TableRequests.units(500, 500)))
        store.now += 60_000
        for _ in 0..<100 { try store.call("GetItem", #"{"TableName":"Units","Key":{"a":{"S":"x"}}}"#) }
    }

    // MARK: Indexes

    private static func ids(
        _ store: TestStore,
        _ index: String,
        _ condition: String,
        _ value: String
    ) throws -> [String] {
        let reply = try store.call(
            "Query",
            """
            {"TableName":"Demand","IndexName":"\(index)","KeyConditionExpression":"\(condition) = :v",
            "ExpressionAttributeValues":{":v":\(value)}}
            """
        )
        return (reply["Items"]?.array ?? []).compactMap { $0["a"]?["S"]?.string }.sorted()
    }

    @Test func fillsACreatedIndex() throws {
        let store = try Self.store()
        let items = [#","c":{"N":"1"}"#, #","c":{"N":"1"}"#, #","c":{"S":"1"}"#, "", #","c":{"N":"2"}"#]
        for (number, more) in items.enumerated() {
            try store.call("PutItem", #"{"TableName":"Demand","Item":{"a":{"S":"\#(number)"},"b":{"S":"x"}\#(more)}}"#)
        }
        let reply = try store.call("UpdateTable", Self.update("Demand", Self.indexes(Self.newIndex) + Self.defined))
        let created = reply["TableDescription"]?["GlobalSecondaryIndexes"]?[1]
        #expect(created?["IndexStatus"] == "CREATING")
        #expect(created?["Backfilling"] == false)
        #expect(reply["TableDescription"]?["AttributeDefinitions"]?.array?.count == 3)
        #expect(try Self.ids(store, "byC", "c", #"{"N":"1"}"#) == ["0", "1"])
        for _ in 0..<2 {
            let index = try Self.describe(store, "Demand")?["GlobalSecondaryIndexes"]?[1]
            #expect(index?["IndexStatus"] == "ACTIVE")
            #expect(index?["ItemCount"] == 3)
            try store.reload()
        }
        try store.call("PutItem", #"{"TableName":"Demand","Item":{"a":{"S":"9"},"b":{"S":"x"},"c":{"N":"1"}}}"#)
        #expect(try Self.ids(store, "byC", "c", #"{"N":"1"}"#) == ["0", "1", "9"])
    }

    @Test func fillsAnIndexFromManyItems() throws {
        let store = try Self.store()
        for number in 0..<600 {
            try store.call(
                "PutItem",
                #"{"TableName":"Demand","Item":{"a":{"S":"\#(number)"},"b":{"S":"x"},"c":{"N":"1"}}}"#
            )
        }
        try store.call("UpdateTable", Self.update("Demand", Self.indexes(Self.newIndex) + Self.defined))
        #expect(try Self.describe(store, "Demand")?["GlobalSecondaryIndexes"]?[1]?["ItemCount"] == 600)
        #expect(try Self.ids(store, "byC", "c", #"{"N":"1"}"#).count == 600)
    }

    @Test func deletesAnIndexAndItsDefinitions() throws {
        let store = try Self.store()
        try store.call("UpdateTable", Self.update("Demand", Self.indexes(Self.newIndex) + Self.defined))
        let reply = try store.call("UpdateTable", Self.update("Demand", Self.indexes(Self.delete("byC"))))
        #expect(reply["TableDescription"]?["GlobalSecondaryIndexes"]?[1]?["IndexStatus"] == "DELETING")
        let table = try Self.describe(store, "Demand")
        #expect(table?["GlobalSecondaryIndexes"]?.array?.count == 1)
        #expect(table?["AttributeDefinitions"]?.array?.count == 2)
        // Made again with another type.
        let defined = #","AttributeDefinitions":\#(TableRequests.definitions("c:S"))"#
        try store.call("UpdateTable", Self.update("Demand", Self.indexes(Self.newIndex) + defined))
        #expect(try Self.describe(store, "Demand")?["AttributeDefinitions"]?[2]?["AttributeType"] == "S")
    }

    @Test func limitsGlobalIndexes() throws {
        let store = try Self.store()
        for number in 1..<20 {
            let index = Self.create(TableRequests.index("more\(number)", "c"))
            try store.call("UpdateTable", Self.update("Demand", Self.indexes(index) + Self.defined))
        }
        store.expectError(
            "UpdateTable",
            Self.update("Demand", Self.indexes(Self.newIndex) + Self.defined),
            "LimitExceededException",
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20"
        )
    }

    // MARK: Other settings

    @Test func switchesTheStream() throws {
        let store = try Self.store()
        let enabled = try store.call("UpdateTable", Self.update("Units", Self.stream))["TableDescription"]
        #expect(enabled?["TableStatus"] == "UPDATING")
        #expect(enabled?["StreamSpecification"]?["StreamViewType"] == "KEYS_ONLY")
        let label = try #require(enabled?["LatestStreamLabel"])
        store.expectError(
            "UpdateTable",
            Self.update("Units", Self.stream),
            "ValidationException",
            "Table already has an enabled stream: TableName: Units"
        )
        try store.call("UpdateTable", Self.update("Units", #""StreamSpecification":{"StreamEnabled":false}"#))
        try store.reload()
        let disabled = try Self.describe(store, "Units")
        #expect(disabled?["StreamSpecification"] == nil)
        #expect(disabled?["LatestStreamLabel"] == label)
        store.now += 1000
        try store.call("UpdateTable", Self.update("Units", Self.stream))
        #expect(try Self.describe(store, "Units")?["LatestStreamLabel"] != label)
    }

    @Test func changesOtherSettings() throws {
        let store = try Self.store()
        let protected = try store.call("UpdateTable", Self.update("Units", #""DeletionProtectionEnabled":true"#))
        #expect(protected["TableDescription"]?["TableStatus"] == "ACTIVE")
        #expect(protected["TableDescription"]?["DeletionProtectionEnabled"] == true)
        try store.call("UpdateTable", Self.update("Units", #""TableClass":"STANDARD""#))
        #expect(try Self.describe(store, "Units")?["TableClassSummary"] == nil)
        try store.call("UpdateTable", Self.update("Units", #""TableClass":"STANDARD_INFREQUENT_ACCESS""#))
        let key =
            #""SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"arn:aws:kms:us-east-1:123456789012:key/k"}"#
        let encrypted = try store.call("UpdateTable", Self.update("Units", key))["TableDescription"]
        #expect(encrypted?["SSEDescription"]?["Status"] == "UPDATING")
        try store.reload()
        let table = try Self.describe(store, "Units")
        #expect(
            table?["TableClassSummary"] == [
                "TableClass": "STANDARD_INFREQUENT_ACCESS", "LastUpdateDateTime": 1_700_000_000.123,
            ]
        )
        #expect(table?["SSEDescription"]?["Status"] == "ENABLED")
        #expect(table?["DeletionProtectionEnabled"] == true)
        store.expectError(
            "UpdateTable",
            Self.update("Units", key),
            "ValidationException",
            invalid + "Table is already encrypted with given KMSMasterKeyId. "
                + "Use KMSMasterKeyId parameter if you want to change Master Key"
        )
        try store.call("UpdateTable", Self.update("Units", #""SSESpecification":{"Enabled":false}"#))
        #expect(try Self.describe(store, "Units")?["SSEDescription"] == nil)
    }
}
