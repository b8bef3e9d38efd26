import DynamoDB
import Testing

@testable import Proxy

/// Asking upstream for the capacity used, where the client did not, and hiding the answer.
@Suite struct EnforcementCapacityTests {
    private static func asking(_ body: String) -> String? {
        Array(body.utf8).withUnsafeBytes { CapacityRequest.asking($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func cut(_ body: String) -> (units: Double, rest: String)? {
        let bytes = Array(body.utf8)
        return bytes.withUnsafeBytes { CapacityReport.find(in: $0) }.map {
            ($0.units, String(decoding: $0.cut(from: bytes), as: UTF8.self))
        }
    }

    @Test(
        arguments: [
            (#"{"a":1}"#, #"{"ReturnConsumedCapacity":"TOTAL","a":1}"#),
            (
                #" {"a":{"ReturnConsumedCapacity":"NONE"}} "#,
                #" {"ReturnConsumedCapacity":"TOTAL","a":{"ReturnConsumedCapacity":"NONE"}} "#
            ),
            (#"{"a":1,"ReturnConsumedCapacity":"NONE"}"#, #"{"a":1,"ReturnConsumedCapacity":"TOTAL"}"#),
            (#"{"ReturnConsumedCapacity" : "NONE","a":1}"#, #"{"ReturnConsumedCapacity" : "TOTAL","a":1}"#),
            // Left alone: it asks already, or is for the upstream to judge.
            (#"{"ReturnConsumedCapacity":"TOTAL"}"#, nil), (#"{"ReturnConsumedCapacity":"INDEXES"}"#, nil),
            (#"{"ReturnConsumedCapacity":"total"}"#, nil), (#"{"ReturnConsumedCapacity":null}"#, nil),
            (#"{"ReturnConsumedCapacity":1}"#, nil), (#"{"R\u0065turnConsumedCapacity":"TOTAL"}"#, nil),
            (#"{"ReturnConsumedCapacity":"NONE","ReturnConsumedCapacity":"NONE"}"#, nil),
            ("{}", nil), ("", nil), ("[]", nil), ("nonsense", nil), (#"{"a":1"#, nil), (#"{"a":1} x"#, nil),
        ] as [(String, String?)]
    )
    func `requests`(body: String, wanted: String?) {
        #expect(Self.asking(body) == wanted)
    }

    @Test(
        arguments: [
            (#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}"#, 0.5, "{}"),
            (#"{"Item":{},"ConsumedCapacity":{"CapacityUnits":2}}"#, 2, #"{"Item":{}}"#),
            (#"{"ConsumedCapacity":{"CapacityUnits":2},"Item":{}}"#, 2, #"{"Item":{}}"#),
            (#"{"a":1,"ConsumedCapacity":{"CapacityUnits":2},"b":2}"#, 2, #"{"a":1,"b":2}"#),
            (#"{ "a":1 , "ConsumedCapacity" : {"CapacityUnits":2} , "b":2 }"#, 2, #"{ "a":1 , "b":2 }"#),
            (#"{"x":{"ConsumedCapacity":1},"ConsumedCapacity":[]}"#, 0, #"{"x":{"ConsumedCapacity":1}}"#),
            (#"{"ConsumedCapacity":[{"CapacityUnits":1.5},{"CapacityUnits":2}],"a":"}"}"#, 3.5, #"{"a":"}"}"#),
        ]
    )
    func `replies`(body: String, units: Double, rest: String) throws {
        let found = try #require(Self.cut(body))
        #expect(found.units == units && found.rest == rest)
    }

    @Test(
        arguments: [
            "{}", "", "[]", #"{"ConsumedCapacity":null}"#, #"{"ConsumedCapacity":1}"#, #"{"ConsumedCapacity":[1]}"#,
            #"{"ConsumedCapacity":{"CapacityUnits":"1"}}"#, #"{"ConsumedCapacity":{"CapacityUnits":-1}}"#,
            #"{"ConsumedCapacity":{"CapacityUnits":1e400}}"#,
            #"{"ConsumedCapacity":{"CapacityUnits":1},"ConsumedCapacity":{"CapacityUnits":1}}"#,
            #"{"ConsumedCapacity":{"CapacityUnits":1}"#,
        ]
    )
    func `replies that are not understood are left alone`(body: String) {
        #expect(Self.cut(body) == nil)
    }

    @Test func `units of both kinds`() throws {
        let body = Array(
            #"{"ConsumedCapacity":[{"CapacityUnits":3,"ReadCapacityUnits":1,"WriteCapacityUnits":2},{"CapacityUnits":1}]}"#
                .utf8
        )
        let report = try #require(body.withUnsafeBytes { CapacityReport.find(in: $0) })
        #expect(report.units == 4 && report.readUnits == 1 && report.writeUnits == 2)
    }

    // MARK: - Through the proxy

    private static let value = String(repeating: "x", count: 8_000)
    private static let item = #"{"id":{"S":"a"},"v":{"S":"\#(value)"}}"#

    /// Each operation with the read and write units it uses on the item of 8,005 bytes.
    private static let operations: [(name: String, body: String, reads: Double, writes: Double)] = [
        ("GetItem", #"{"TableName":"Music","Key":{"id":{"S":"a"}},"ConsistentRead":true}"#, 2, 0),
        ("GetItem", #"{"TableName":"Music","Key":{"id":{"S":"nobody"}},"ConsistentRead":true}"#, 1, 0),
        (
            "BatchGetItem",
            #"{"RequestItems":{"Music":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}],"ConsistentRead":true}}}"#, 3, 0
        ),
        (
            "Query",
            """
            {"TableName":"Music","KeyConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"a"}},\
            "ConsistentRead":true}
            """, 2, 0
        ),
        ("Scan", #"{"TableName":"Music"}"#, 1, 0),
        ("TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"Music","Key":{"id":{"S":"a"}}}}]}"#, 4, 0),
        ("PutItem", #"{"TableName":"Music","Item":\#(item),"ReturnValues":"ALL_OLD"}"#, 0, 8),
        (
            "UpdateItem",
            """
            {"TableName":"Music","Key":{"id":{"S":"a"}},"UpdateExpression":"SET w = :w",\
            "ExpressionAttributeValues":{":w":{"N":"1"}},"ReturnValues":"ALL_NEW"}
            """, 0, 8
        ),
        ("DeleteItem", #"{"TableName":"Music","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"}"#, 0, 8),
        (
            "BatchWriteItem",
            #"{"RequestItems":{"Music":[{"PutRequest":{"Item":\#(item)}},{"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]}}"#,
            0, 9
        ),
        (
            "TransactWriteItems",
            #"{"TransactItems":[{"Put":{"TableName":"Music","Item":\#(item)}}],"ClientRequestToken":"token"}"#, 0, 16
        ),
    ]

    private static let create = """
        {"TableName":"Music","BillingMode":"PAY_PER_REQUEST",\
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],\
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}
        """

    private func fixture() throws -> ProxyFixture {
        try ProxyFixture(reactors: 1) { configuration in
            configuration.upstreams = [.embedded()]
            for index in configuration.tenants.indices {
                configuration.tenants[index].upstream = "embedded"
                configuration.tenants[index].operations = .all
            }
        }
    }

    @Test func `the client sees what it would have seen, and the tenant pays what was used`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let tenant = try fixture.tenant()
        #expect(try client.call("CreateTable", Self.create).status == 200)
        for (name, body, reads, writes) in Self.operations {
            for asked in ["", "NONE", "TOTAL", "INDEXES"] {
                let request = asked.isEmpty ? body : body.dropLast() + #","ReturnConsumedCapacity":"\#(asked)"}"#
                var texts: [String] = []
                for rates in [EnforcedRates.unlimited, .ample] {
                    tenant.limits.setRates(.unlimited)
                    _ = try client.call("PutItem", #"{"TableName":"Music","Item":\#(Self.item)}"#)
                    tenant.limits.setRates(rates)
                    let before = tenant.meter.sample()
                    // A token stands for one transaction.
                    let token = "token \(texts.count) \(asked)"
                    let reply = try client.call(name, request.replacing(#""token""#, with: "\"\(token)\""))
                    #expect(reply.status == 200, "\(name) \(reply.text.prefix(200))")
                    #expect(reply.checksumHolds)
                    texts.append(reply.text)
                    let used = tenant.meter.sample() - before
                    #expect(used.requests == 1)
                    if rates != .unlimited || asked == "TOTAL" {
                        #expect(used.readUnitsUsed == reads, "\(name) \(asked)")
                        #expect(used.writeUnitsUsed == writes, "\(name) \(asked)")
                    }
                }
                #expect(texts[0] == texts[1], "\(name) asking \(asked)")
                let isShown = texts[1].contains("ConsumedCapacity")
                #expect(isShown == (asked == "TOTAL" || asked == "INDEXES"), "\(name) asking \(asked)")
            }
        }
    }

    @Test(
        arguments: [
            ("ExecuteStatement", #"{"Statement":"SELECT * FROM \"things\""}"#),
            ("ExecuteStatement", #"{"Statement":"DELETE FROM \"things\" WHERE id='k'"}"#),
            ("BatchExecuteStatement", #"{"Statements":[{"Statement":"SELECT * FROM \"things\""}]}"#),
            ("ExecuteTransaction", #"{"TransactStatements":[{"Statement":"SELECT * FROM \"things\""}]}"#),
        ]
    )
    func `statements`(operation: String, body: String) throws {
        let fixture = try ProxyFixture(reactors: 1)
        let recorder = fixture.upstream.record { call in
            call.text.contains("TOTAL")
                ? .reply(#"{"Items":[],"ConsumedCapacity":{"TableName":"things","CapacityUnits":7.5}}"#)
                : .reply(#"{"Items":[]}"#)
        }
        let tenant = try fixture.tenant()
        let client = fixture.client()
        let plain = try client.call(operation, body)
        #expect(recorder.of(operation).last?.text.contains("ReturnConsumedCapacity") == false)
        let before = tenant.meter.sample()
        tenant.limits.setRates(.ample)
        let metered = try client.call(operation, body)
        #expect(metered.body == plain.body && metered.text == #"{"Items":[]}"#)
        #expect(recorder.of(operation).last?.text.contains(#""ReturnConsumedCapacity":"TOTAL""#) == true)
        let used = tenant.meter.sample() - before
        #expect(used.readUnitsUsed + used.writeUnitsUsed == 7.5)
        #expect((used.writeUnitsUsed > 0) == body.contains("DELETE"))
    }

    @Test func `without limits requests pass byte for byte, and what they used is worked out`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        let tenant = try fixture.tenant()
        _ = try client.put("k", Self.value)
        let before = tenant.meter.sample()
        #expect(before.writeUnitsUsed > 0)
        let body = TestClient.getBody("k")
        #expect(try client.call("GetItem", body).cache == "miss")
        #expect(recorder.of("GetItem").last?.text == body)
        #expect((tenant.meter.sample() - before).readUnitsUsed == 1)
    }

    @Test func `a failed condition is paid for, a refusal is not`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let client = fixture.client()
        let tenant = try fixture.tenant()
        tenant.limits.setRates(.ample)
        #expect(try client.update("absent", "v", condition: true).errorName == "ConditionalCheckFailedException")
        let afterCondition = tenant.meter.sample()
        #expect(afterCondition.writeUnitsUsed == 1)
        #expect(try client.put("k", "v", table: "nowhere").errorName == "ResourceNotFoundException")
        let last = tenant.meter.sample()
        #expect(last.writeUnitsUsed == 1 && last.requests == 2)
    }
}

extension ProxyFixture {
    /// A tenant of the proxy's.
    func tenant(_ name: String = "one") throws -> Tenant {
        guard let tenant = proxy.tenants.first(where: { $0.name == name }) else { throw TestFailure("no tenant") }
        return tenant
    }
}

extension EnforcedRates {
    /// Limits that nothing reaches.
    static let ample = EnforcedRates(readUnits: 1e9, writeUnits: 1e9, egressBytes: 1e15)
}
