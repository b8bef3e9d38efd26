import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// ClientRequestToken of TransactWriteItems.
@Suite struct TransactTokenTests {
    private static func increment(
        _ token: String,
        names: String = ##"{"#n":"n","#m":"m"}"##,
        by: String = "1",
        options: String = ""
    ) -> String {
        """
        {"ClientRequestToken":"\(token)"\(options),"TransactItems":[{"Update":{"TableName":"Hash","Key":{"a":{"S":"k"}},
        "UpdateExpression":"ADD #n :one, #m :one","ExpressionAttributeNames":\(names),
        "ExpressionAttributeValues":{":one":{"N":"\(by)"}}}}]}
        """
    }

    private static func count(_ store: BatchFixture) throws -> String? {
        let reply = try store.object(.getItem, #"{"TableName":"Hash","Key":{"a":{"S":"k"}}}"#)
        return reply["Item"]?["n"]?["N"]?.string
    }

    @Test func theSameRequestIsDoneOnce() throws {
        let store = try BatchFixture()
        for request in [
            Self.increment("token"), Self.increment("token"),
            Self.increment("token", names: ##"{ "#m" : "m", "#n" : "n" }"##, by: "1.0"),
            Self.increment("token", options: #","ReturnConsumedCapacity":"TOTAL""#),
        ] {
            try store.call(.transactWriteItems, request)
        }
        #expect(try Self.count(store) == "1")
        try store.call(.transactWriteItems, Self.increment("another"))
        #expect(try Self.count(store) == "2")
    }

    @Test func anotherRequestIsRefused() throws {
        let store = try BatchFixture()
        try store.call(.transactWriteItems, Self.increment("token"))
        for request in [Self.increment("token", by: "2"), Self.increment("token", names: ##"{"#n":"n","#m":"x"}"##)] {
            #expect(store.refusal(.transactWriteItems, request) == .idempotentParameterMismatch)
        }
        #expect(try Self.count(store) == "1")
    }

    @Test func aTokenIsForgottenAfterTenMinutes() throws {
        let store = try BatchFixture()
        try store.call(.transactWriteItems, Self.increment("token"))
        store.store.now += 10 * 60 * 1000 - 1
        try store.call(.transactWriteItems, Self.increment("token"))
        #expect(try Self.count(store) == "1")
        store.store.now += 2
        try store.call(.transactWriteItems, Self.increment("token", by: "5"))
        #expect(try Self.count(store) == "6")
    }

    @Test func aCancelledRequestMayBeTriedAgain() throws {
        let store = try BatchFixture()
        let request = """
            {"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"Hash","Item":{"a":{"S":"1"}}}},
            {"ConditionCheck":{"TableName":"Hash","Key":{"a":{"S":"k"}},"ConditionExpression":"attribute_exists(a)"}}]}
            """
        #expect(store.refusal(.transactWriteItems, request)?.name == "TransactionCanceledException")
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"k"}}}"#)
        try store.call(.transactWriteItems, request)
        #expect(try store.engine.table(named: "Hash").statistics.items == 2)
    }

    /// The first request is charged for writing, a repetition for reading the items (nubo-db/dynamodb-conformance,
    /// transactions/transactWrite, which ran against the service).
    @Test func aRepetitionConsumesReadCapacity() throws {
        let store = try BatchFixture()
        let text = String(repeating: "x", count: 1536)
        let request = """
            {"ClientRequestToken":"token","ReturnConsumedCapacity":"INDEXES","TransactItems":[
            {"Put":{"TableName":"Hash","Item":{"a":{"S":"1"},"big":{"S":"\(text)"}}}}]}
            """
        for (direction, units) in [("Write", 4.0), ("Read", 2.0), ("Read", 2.0)] {
            let reply = try store.object(.transactWriteItems, request)
            let parts = "\"CapacityUnits\":\(units),\"\(direction)CapacityUnits\":\(units)"
            let expected = try json("{\"ConsumedCapacity\":[{\"TableName\":\"Hash\",\(parts),\"Table\":{\(parts)}}]}")
            #expect(reply == expected)
        }
    }

    @Test func aTokenSurvivesARestart() throws {
        let path = NSTemporaryDirectory() + "leveret-token-\(UUID().uuidString)"
        defer {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
        }
        do {
            let store = try BatchFixture(file: path)
            try store.call(.transactWriteItems, Self.increment("token"))
        }
        let store = try BatchFixture(file: path)
        try store.call(.transactWriteItems, Self.increment("token"))
        #expect(try Self.count(store) == "1")
        #expect(
            store.refusal(.transactWriteItems, Self.increment("token", by: "2")) == .idempotentParameterMismatch
        )
    }

    @Test func aTokenHas1To36Characters() throws {
        let store = try BatchFixture()
        try store.call(.transactWriteItems, Self.increment(String(repeating: "t", count: 36)))
        for token in ["", String(repeating: "t", count: 37)] {
            let refusal = store.refusal(.transactWriteItems, Self.increment(token))
            #expect(refusal?.name == "ValidationException")
            #expect(refusal?.message?.contains("clientRequestToken") == true)
        }
    }
}
