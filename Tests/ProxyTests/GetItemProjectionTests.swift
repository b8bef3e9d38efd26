import Foundation
import Synchronization
import Testing

@testable import Proxy

/// Projections and capacity of a GetItem, from upstream and from memory.
@Suite(.serialized) struct GetItemProjectionTests {
    private func fixture() throws -> ProxyFixture {
        let fixture = try ProxyFixture()
        fixture.upstream.withData { data in
            data.writeOutOfBand(
                "k",
                attributes: [
                    "v": ["S": "v1"], "name": ["S": "n"], "a.b": ["N": "7"],
                    "info": [
                        "M": [
                            "tags": ["L": [["N": "0"], ["N": "1"], ["M": ["x": ["S": "deep"], "y": ["S": "no"]]]]],
                            "other": ["BOOL": true],
                        ]
                    ],
                ]
            )
        }
        return fixture
    }

    private func body(_ members: String) -> String {
        #"{"TableName":"things","Key":{"id":{"S":"k"}},\#(members)}"#
    }

    @Test(arguments: [
        (#""ProjectionExpression":"v""#, #"{"Item":{"v":{"S":"v1"}}}"#),
        (#""ProjectionExpression":"v, id""#, #"{"Item":{"v":{"S":"v1"},"id":{"S":"k"}}}"#),
        (#""ProjectionExpression":"nothing""#, #"{"Item":{}}"#),
        (
            #""ProjectionExpression":"info.tags[2].x""#,
            #"{"Item":{"info":{"M":{"tags":{"L":[{"M":{"x":{"S":"deep"}}}]}}}}}"#
        ),
        (
            ##""ProjectionExpression":"info.tags[1], info.#o","ExpressionAttributeNames":{"#o":"other"}"##,
            #"{"Item":{"info":{"M":{"tags":{"L":[{"N":"1"}]},"other":{"BOOL":true}}}}}"#
        ),
        (
            ##""ProjectionExpression":"#n, #d","ExpressionAttributeNames":{"#n":"name","#d":"a.b"}"##,
            #"{"Item":{"name":{"S":"n"},"a.b":{"N":"7"}}}"#
        ),
        (#""AttributesToGet":["name","a.b","nothing"]"#, #"{"Item":{"name":{"S":"n"},"a.b":{"N":"7"}}}"#),
        (#""AttributesToGet":["info.tags"]"#, #"{"Item":{}}"#),
        (#""ProjectionExpression":"\u0076""#, #"{"Item":{"v":{"S":"v1"}}}"#),
    ])
    func `a projection gives the same from upstream and from memory`(members: String, expected: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        let recorder = fixture.upstream.record()
        for cache in ["miss", "hit"] {
            let reply = try client.call("GetItem", body(members))
            #expect(reply.cache == cache)
            #expect(reply.isJSON(expected), "\(reply.text)")
            #expect(reply.checksumHolds)
        }
        #expect(recorder.of("GetItem").count == 1)
        let asked = recorder.of("GetItem").first?.json ?? [:]
        #expect(Set(asked.keys) == ["TableName", "Key"], "the whole item is read")
    }

    @Test(arguments: [
        #""ProjectionExpression":"name""#,
        #""ProjectionExpression":"""#,
        #""ProjectionExpression":"v,""#,
        #""ProjectionExpression":"v, v""#,
        #""ProjectionExpression":"info, info.tags""#,
        ##""ProjectionExpression":"#n""##,
        ##""ProjectionExpression":"v","ExpressionAttributeNames":{"#n":"name"}"##,
        #""ProjectionExpression":"info.tags[x]""#,
        #""AttributesToGet":[]"#,
        #""AttributesToGet":["v","v"]"#,
    ])
    func `a projection that DynamoDB refuses is passed on, entry or not`(members: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        let error = #"{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}"#
        let projected = body(members)
        let recorder = fixture.upstream.record { call in
            call.operation == "GetItem" && call.text == projected ? .reply(400, error) : .init()
        }
        for _ in 0..<2 {
            let reply = try client.call("GetItem", projected)
            #expect(reply.text == error)
            #expect(reply.status == 400)
            #expect(reply.cache == "not-cacheable")
            _ = try client.get("k")
        }
        #expect(recorder.of("GetItem").count == 3, "the refused one twice, the plain one once")
        #expect(try client.get("k").cache == "hit")
    }

    // MARK: Capacity

    /// An upstream that reports capacity as asked for, and gives every key an item.
    private static func withCapacity(_ call: FakeDynamoDB.Call) -> FakeDynamoDB.Plan {
        guard call.operation == "GetItem" else { return .init() }
        let units = call.isConsistent ? "1.0" : "0.5"
        let name = call.json["TableName"] as? String ?? ""
        let total = #""TableName":"\#(name)","CapacityUnits":\#(units)"#
        let capacity =
            switch call.json["ReturnConsumedCapacity"] as? String {
            case "TOTAL": #""ConsumedCapacity":{\#(total)},"#
            case "INDEXES": #""ConsumedCapacity":{\#(total),"Table":{"CapacityUnits":\#(units)}},"#
            default: ""
            }
        return .reply("{\(capacity)\"Item\":{\"id\":{\"S\":\"k\"},\"v\":{\"S\":\"v1\"}}}")
    }

    private static func capacity(_ shape: String, _ units: String) -> String {
        let table = shape == "INDEXES" ? #","Table":{"CapacityUnits":\#(units)}"# : ""
        return #""ConsumedCapacity":{"TableName":"things","CapacityUnits":\#(units)\#(table)}"#
    }

    private static let item = #""Item":{"id":{"S":"k"},"v":{"S":"v1"}}"#

    @Test(arguments: ["TOTAL", "INDEXES"])
    func `a miss reports what was used, a hit nothing`(shape: String) throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script(Self.withCapacity)
        let client = fixture.client()
        let asking = body(#""ReturnConsumedCapacity":"\#(shape)""#)
        let miss = try client.call("GetItem", asking)
        #expect(miss.cache == "miss")
        #expect(miss.text == "{\(Self.capacity(shape, "0.5")),\(Self.item)}", "byte for byte")
        let hit = try client.call("GetItem", asking)
        #expect(hit.cache == "hit")
        #expect(hit.isJSON("{\(Self.item),\(Self.capacity(shape, "0.0"))}"), "\(hit.text)")
        #expect(hit.checksumHolds)
        #expect(try client.get("k").text == "{\(Self.item)}", "who does not ask is not told")
        let none = try client.call("GetItem", body(#""ReturnConsumedCapacity":"NONE""#))
        #expect(none.cache == "hit")
        #expect(none.text == "{\(Self.item)}")
        let consistent = try client.call(
            "GetItem",
            body(#""ReturnConsumedCapacity":"\#(shape)","ConsistentRead":true"#)
        )
        #expect(consistent.isJSON("{\(Self.item),\(Self.capacity(shape, "1.0"))}"), "asked for, so not halved")
    }

    @Test(arguments: ["TOTAL", "INDEXES"])
    func `with a projection`(shape: String) throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script(Self.withCapacity)
        let client = fixture.client()
        let asking = body(#""ReturnConsumedCapacity":"\#(shape)","ProjectionExpression":"v""#)
        for units in ["0.5", "0.0"] {
            let reply = try client.call("GetItem", asking)
            #expect(reply.isJSON("{\"Item\":{\"v\":{\"S\":\"v1\"}},\(Self.capacity(shape, units))}"), "\(reply.text)")
        }
    }

    @Test(arguments: ["TOTAL", "INDEXES"])
    func `of an absent item`(shape: String) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.get("k")
        let hit = try client.call("GetItem", body(#""ReturnConsumedCapacity":"\#(shape)""#))
        #expect(hit.cache == "hit")
        #expect(hit.isJSON("{\(Self.capacity(shape, "0.0"))}"), "\(hit.text)")
    }

    @Test(arguments: ["TOTAL", "INDEXES"])
    func `a read made stronger reports what was asked for`(shape: String) throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.consistentReadAfterWrite = 60_000_000_000 })
        let recorder = fixture.upstream.record(Self.withCapacity)
        let client = fixture.client()
        let reply = try client.call("GetItem", body(#""ReturnConsumedCapacity":"\#(shape)""#))
        #expect(recorder.of("GetItem").map(\.isConsistent) == [true])
        #expect(reply.isJSON("{\(Self.item),\(Self.capacity(shape, "0.5"))}"), "\(reply.text)")
        #expect(reply.cache == "miss")
    }

    @Test func `who waited for another's read used nothing`() throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script { call in
            var plan = Self.withCapacity(call)
            if call.operation == "GetItem" { plan.beforeReply = .gate("gate") }
            return plan
        }
        let clients = (0..<4).map { _ in fixture.client() }
        let asked = [
            #""ReturnConsumedCapacity":"TOTAL""#, #""ConsistentRead":false"#, #""ReturnConsumedCapacity":"INDEXES""#,
        ]
        try clients[0].send("GetItem", body(asked[0]))
        try fixture.upstream.waitForArrival(at: "gate")
        for index in 1...3 {
            try clients[index].send("GetItem", body(asked[index % 3]))
        }
        usleep(200_000)
        fixture.upstream.release("gate")
        let replies = try clients.map { try $0.receive() }
        #expect(replies.map(\.cache) == ["miss", "coalesced", "coalesced", "coalesced"])
        #expect(replies[0].isJSON("{\(Self.item),\(Self.capacity("TOTAL", "0.5"))}"))
        #expect(replies[1].isJSON("{\(Self.item)}"), "\(replies[1].text)")
        #expect(replies[2].isJSON("{\(Self.item),\(Self.capacity("INDEXES", "0.0"))}"), "\(replies[2].text)")
        #expect(replies[3].isJSON("{\(Self.item),\(Self.capacity("TOTAL", "0.0"))}"), "\(replies[3].text)")
        #expect(replies.allSatisfy { $0.checksumHolds })
    }
}
