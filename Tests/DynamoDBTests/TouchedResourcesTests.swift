import Testing

@testable import DynamoDB

@Suite struct TouchedResourcesTests {
    private func touched(_ operation: DynamoDB.Operation?, _ text: String) throws -> TouchedResources {
        try withBytes(text) { try TouchedResources.of(operation, body: $0) }
    }

    private func writes(_ text: String, _ found: TouchedResources) -> [String] {
        found.writes.map { write in
            let table = found.tables[write.table].name
            return switch write.location {
            case .key(let range): table + " key " + slice(text, range)
            case .item(let range): table + " item " + slice(text, range)
            }
        }
    }

    @Test(arguments: [
        (
            DynamoDB.Operation.putItem, #"{"TableName":"T","Item":{"a":{"S":"x"}},"Key":{"b":{"S":"y"}}}"#,
            [#"T item {"a":{"S":"x"}}"#]
        ),
        (.updateItem, #"{"Key":{"a":{"S":"x"}},"Tabl\u0065Name":"\u0054"}"#, [#"T key {"a":{"S":"x"}}"#]),
        (.deleteItem, #"{"TableName":"T", "Key": {"a":{"S":"x"}} }"#, [#"T key {"a":{"S":"x"}}"#]),
        (
            .batchWriteItem,
            #"{"RequestItems":{"T":[{"PutRequest":{"Item":{"a":1}}},{"DeleteRequest":{"Key":{"b":2}}}],"U":[{"PutRequest":{"Item":{}}}]}}"#,
            [#"T item {"a":1}"#, #"T key {"b":2}"#, "U item {}"]
        ),
        (
            .transactWriteItems,
            #"{"TransactItems":[{"Put":{"TableName":"T","Item":{"a":1}}},{"Update":{"Key":{"b":2},"TableName":"U"}},"#
                + #"{"Delete":{"TableName":"T","Key":{"c":3}}},{"ConditionCheck":{"TableName":"V","Key":{"d":4}}}]}"#,
            [#"T item {"a":1}"#, #"U key {"b":2}"#, #"T key {"c":3}"#]
        ),
    ])
    func findsWrites(_ operation: DynamoDB.Operation, _ text: String, _ expected: [String]) throws {
        let found = try touched(operation, text)
        #expect(writes(text, found) == expected)
        #expect(!found.writesUnknownKeys && !found.hasUnresolvedName)
    }

    @Test(arguments: [
        (DynamoDB.Operation.putItem, #"{"TableName":"T"}"#), (.putItem, #"{"TableName":"T","Item":null}"#),
        (.putItem, #"{"Item":{}}"#), (.updateItem, #"{"TableName":"T","Item":{}}"#),
        (.batchWriteItem, #"{"RequestItems":{"T":[{"PutRequest":{}}]}}"#),
        (.batchWriteItem, #"{"RequestItems":{"T":[{"OtherRequest":{"Item":{}}}]}}"#),
        (.transactWriteItems, #"{"TransactItems":[{"Other":{"TableName":"T"}}]}"#),
        (.transactWriteItems, #"{"TransactItems":[{"Put":{"TableName":"arn:x","Item":{}}}]}"#),
        (.startBulkPutItems, #"{"TableName":"T"}"#), (.executeStatement, #"{"Statement":"DELETE FROM T WHERE a=1"}"#),
        (.executeStatement, #"{"Statement":"nonsense"}"#),
    ])
    func knowsWhatItCannotTell(_ operation: DynamoDB.Operation, _ text: String) throws {
        #expect(try touched(operation, text).writesUnknownKeys)
    }

    @Test(arguments: [
        (DynamoDB.Operation.query, #"{"TableName":"T"}"#, ["T"]),
        (.getItem, #"{"TableName":"arn:aws:dynamodb:us-east-1:1:table/Music"}"#, ["Music"]),
        (.batchGetItem, #"{"RequestItems":{"T":{"Keys":[]},"\u0055":{"Keys":[]}}}"#, ["T", "U"]),
        (
            .transactGetItems,
            #"{"TransactItems":[{"Get":{"TableName":"T"}},{"Get":{"TableName":"U"}},{"Get":{"TableName":"T"}}]}"#,
            ["T", "U"]
        ),
        (.importTable, #"{"TableCreationParameters":{"TableName":"T"}}"#, ["T"]),
        (.restoreTableToPointInTime, #"{"SourceTableName":"T","TargetTableName":"U"}"#, ["T", "U"]),
        (
            .restoreTableFromBackup,
            #"{"BackupArn":"arn:aws:dynamodb:us-east-1:1:table/Music/backup/0-1","TargetTableName":"U"}"#,
            ["Music", "U"]
        ),
        (.createGlobalTable, #"{"GlobalTableName":"T"}"#, ["T"]), (.listBackups, #"{}"#, []),
        (.getRecords, #"{"ShardIterator":"arn:aws:dynamodb:us-east-1:1:table/Music/stream/2026|1|AAA"}"#, ["Music"]),
        (
            .enableKinesisStreamingDestination,
            #"{"TableName":"T","StreamArn":"arn:aws:kinesis:us-east-1:1:stream/s"}"#, ["T"]
        ),
        (.describeStream, #"{"StreamArn":"arn:aws:dynamodb:us-east-1:1:table/Music/stream/2026"}"#, ["Music"]),
        (
            .batchExecuteStatement,
            #"{"Statements":[{"Statement":"SELECT * FROM T"},{"Statement":"INSERT INTO U VALUE {}"}]}"#, ["T", "U"]
        ),
        (
            .executeTransaction, #"{"TransactStatements":[{"Parameters":[],"Statement":"EXISTS(SELECT * FROM T)"}]}"#,
            ["T"]
        ),
    ])
    func findsTables(_ operation: DynamoDB.Operation, _ text: String, _ tables: [String]) throws {
        let found = try touched(operation, text)
        #expect(found.tables.map(\.name) == tables)
        #expect(!found.hasUnresolvedName && found.namesNoTable == tables.isEmpty)
    }

    @Test(arguments: [
        (DynamoDB.Operation.tagResource, #"{"ResourceArn":"arn:aws:s3:::bucket"}"#),
        (.query, #"{"TableName":"arn:aws:x"}"#),
        (.getRecords, #"{"ShardIterator":"opaque"}"#), (.executeStatement, #"{"Statement":"SELECT * FROM a, b"}"#),
        (.describeStream, #"{"StreamArn":"x"}"#),
    ])
    func tellsUnresolvedNames(_ operation: DynamoDB.Operation, _ text: String) throws {
        #expect(try touched(operation, text).hasUnresolvedName)
    }

    @Test func readsListTables() throws {
        let found = try touched(.listTables, #"{"ExclusiveStartTableName":"\u0041","Limit":7.9}"#)
        #expect(found.exclusiveStartTableName == "A" && found.limit == 7 && found.namesNoTable)
        #expect(try touched(.listTables, #"{"Limit":-1e400}"#).limit == Int(Int32.min))
        #expect(try touched(.listTables, "{}").limit == nil)
    }

    @Test func findsTablesOfUnknownOperations() throws {
        let text = #"""
            {"A":{"TableName":"T","B":[{"SourceTableName":"U"}]},"RequestItems":{"V":[]},"X":["arn:aws:dynamodb:r:1:table/Www"],
             "Statement":"SELECT * FROM Y","Text":"TableName","TableName":null}
            """#
        let found = try touched(nil, text)
        #expect(found.tables.map(\.name) == ["T", "U", "V", "Www", "Y"])
        #expect(found.writesUnknownKeys && !found.hasUnresolvedName && found.writes.isEmpty)
        #expect(try touched(nil, #"{"a":[1,true,null,"arn:x:y"]}"#).namesNoTable)
        #expect(throws: RequestError.duplicateMember) {
            try touched(nil, #"{"a":{"TableName":"T","TableN\u0061me":"U"}}"#)
        }
    }

    @Test(arguments: [
        (DynamoDB.Operation.putItem, #"{"TableName":"T","Tabl\u0065Name":"U","Item":{}}"#),
        (.putItem, #"{"TableName":"T","Item":{"a":{"S":"x"},"a":{"S":"y"}}}"#),
        (.batchWriteItem, #"{"RequestItems":{"T":[],"\u0054":[]}}"#),
        (.transactWriteItems, #"{"TransactItems":[{"Put":{"TableName":"T","TableName":"U"}}]}"#),
        (.executeStatement, #"{"Statement":"a","\u0053tatement":"b"}"#),
    ])
    func refusesDuplicateNames(_ operation: DynamoDB.Operation, _ text: String) {
        #expect(throws: RequestError.duplicateMember) { try touched(operation, text) }
    }

    @Test(arguments: [
        (DynamoDB.Operation.putItem, #"{"TableName":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (.putItem, #"{"Item":[]}"#, ExpectedType.attributeMap.message(for: .array)),
        (.batchWriteItem, #"{"RequestItems":[]}"#, ExpectedType.writesMap.message(for: .array)),
        (.transactWriteItems, #"{"TransactItems":{}}"#, "Start of structure or map found where not expected"),
        (.listTables, #"{"Limit":"1"}"#, "STRING_VALUE cannot be converted to Integer"),
    ])
    func refusesWrongTypes(_ operation: DynamoDB.Operation, _ text: String, _ message: String) {
        #expect(throws: RequestError.wrongType(message: message)) { try touched(operation, text) }
    }

    /// A great many names are no more work than their bytes.
    @Test func takesLinearTime() throws {
        let names = (0..<100_000).map { #""t\#($0)":[]"# }.joined(separator: ",")
        #expect(try touched(.batchWriteItem, #"{"RequestItems":{\#(names)}}"#).tables.count == 100_000)
    }
}
