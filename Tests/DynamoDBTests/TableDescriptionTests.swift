import DynamoDB
import Testing

@Suite struct TableDescriptionTests {
    private func table(
        _ member: String = "Table",
        keySchema: String = #"[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}]"#,
        attributes: String = #"[{"AttributeName":"s","AttributeType":"N"},{"AttributeName":"p","AttributeType":"S"}]"#,
        more: String = ""
    ) -> String {
        """
        {"\(member)":{"TableName":"t","TableStatus":"ACTIVE","KeySchema":\(keySchema),"AttributeDefinitions":\(attributes)\
        \(more)}}
        """
    }

    private func parse(_ body: String) -> TableDescription? {
        reading(body) { TableDescription.parse($0) }
    }

    @Test(arguments: ["Table", "TableDescription"])
    func reads(member: String) throws {
        let more = #","TableId":"id-1","CreationDateTime":1.5,"TableArn":"arn:aws:dynamodb:r:1:table/t","Replicas":[]"#
        let table = try #require(parse(table(member, more: more)))
        #expect(table.name == "t")
        #expect(table.status == "ACTIVE")
        #expect(table.tableID == "id-1")
        #expect(table.arn == "arn:aws:dynamodb:r:1:table/t")
        #expect(!table.hasReplicas)
        #expect(
            table.keySchema
                == KeySchema(
                    partitionKey: .init(name: "p", type: .string),
                    sortKey: .init(name: "s", type: .number)
                )
        )
    }

    @Test func theOrderOfTheKeySchemaDoesNotMatter() throws {
        let reversed = #"[{"AttributeName":"s","KeyType":"RANGE"},{"AttributeName":"p","KeyType":"HASH"}]"#
        #expect(parse(table(keySchema: reversed))?.keySchema == parse(table())?.keySchema)
        #expect(parse(table())?.keySchema?.partitionKey.name == Array("p".utf8))
    }

    @Test func partitionKeyAlone() {
        let schema = #"[{"AttributeName":"p","KeyType":"HASH"}]"#
        let attributes = #"[{"AttributeName":"p","AttributeType":"B"}]"#
        #expect(
            parse(table(keySchema: schema, attributes: attributes))?.keySchema
                == KeySchema(partitionKey: .init(name: "p", type: .binary))
        )
    }

    @Test(
        arguments: [
            ("[]", nil),
            ("{}", nil),
            (#"[{"AttributeName":"s","KeyType":"RANGE"}]"#, nil),
            (#"[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"HASH"}]"#, nil),
            (#"[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"unknown","KeyType":"RANGE"}]"#, nil),
            (#"[{"AttributeName":"p","KeyType":"HASH"},1]"#, nil),
            ("[1,2,3]", nil),
        ] as [(String, KeySchema?)]
    )
    func oddKeySchemas(keySchema: String, expected: KeySchema?) throws {
        let table = try #require(parse(table(keySchema: keySchema)))
        #expect(table.keySchema == expected)
    }

    @Test func identity() throws {
        #expect(parse(table())?.tableID == nil)
        let first = try #require(parse(table(more: #","CreationDateTime":1700000000.125"#))?.tableID)
        #expect(parse(table(more: #","CreationDateTime":1700000000.125"#))?.tableID == first)
        #expect(parse(table(more: #","CreationDateTime":1700000000.126"#))?.tableID != first)
        #expect(
            parse(table(more: #","CreationDateTime":1700000000"#))?.tableID
                == parse(table(more: #","CreationDateTime":1700000000.0"#))?.tableID
        )
    }

    @Test(arguments: [
        (#","Replicas":[{"RegionName":"eu-west-1"}]"#, true),
        (#","GlobalTableWitnesses":[{"RegionName":"eu-west-1"}]"#, true),
        (#","GlobalTableVersion":"2019.11.21""#, true),
        (#","MultiRegionConsistency":"STRONG""#, true),
        (#","Replicas":[],"GlobalTableVersion":null"#, false),
        ("", false),
    ])
    func replicas(more: String, expected: Bool) {
        #expect(parse(table(more: more))?.hasReplicas == expected)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"Table":null}"#, #"{"Table":[]}"#, #"{"Table":{"TableName":"t"}}"#,
        #"{"Table":{"TableName":1,"TableStatus":"ACTIVE"}}"#, #"{"Table":{"TableStatus":"ACTIVE"}}"#,
        #"{"Table":{"TableName":"t","TableName":"u","TableStatus":"ACTIVE"}}"#,
        #"{"Table":{"TableName":"t","TableStatus":"ACTIVE"}"#,
    ])
    func passesOver(body: String) {
        #expect(parse(body) == nil)
    }

    @Test func aTableBeingDeletedMayHaveNoSchema() throws {
        let body = #"{"TableDescription":{"TableName":"t","TableStatus":"DELETING","TableId":"i"}}"#
        let table = try #require(parse(body))
        #expect(table.keySchema == nil)
        #expect(table.status == "DELETING")
    }
}
