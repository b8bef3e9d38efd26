import DynamoDB
import Testing

@testable import TableStore

/// GetItem, PutItem and DeleteItem.
@Suite struct ItemsOperationTests {
    @Test func aMissingItemIsNotReturned() throws {
        let store = try ItemsFixture()
        #expect(store.answer(GetItem.self, #"{"TableName":"Hash","Key":{"a":{"S":"a"}}}"#) == "{}")
    }

    @Test func anItemIsReturnedAsItIsStored() throws {
        let store = try ItemsFixture()
        let item =
            #""a":{"S":"\u0001\"é"},"b":{"N":"-120"},"c":{"B":"AAEC"},"d":{"BOOL":false},"e":{"NULL":true},"#
            + #""f":{"SS":["a","b"]},"g":{"NS":["1","2"]},"h":{"BS":["AA==","/w=="]},"#
            + #""i":{"L":[{"S":""},{"M":{"a":{"B":""}}}]}"#
        try store.put(item, into: "Hash")
        #expect(try store.item(#""a":{"S":"\u0001\"\u00e9"}"#, in: "Hash") == item)
        try store.put(#""a":{"S":"n"},"b":{"N":"00042.500"},"c":{"NS":["3","1e1"]},"d":{"SS":["b","a"]}"#, into: "Hash")
        #expect(
            try store.item(#""a":{"S":"n"}"#, in: "Hash")
                == #""a":{"S":"n"},"b":{"N":"42.5"},"c":{"NS":["3","10"]},"d":{"SS":["a","b"]}"#
        )
    }

    @Test(arguments: [
        ("c", #"{"Item":{"c":{"N":"1"}}}"#),
        ("b.x[1], c", #"{"Item":{"b":{"M":{"x":{"L":[{"N":"2"}]}}},"c":{"N":"1"}}}"#),
        ("nowhere", #"{"Item":{}}"#),
    ])
    func partsOfAnItem(projection: String, reply: String) throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"M":{"x":{"L":[{"N":"1"},{"N":"2"}]}}},"c":{"N":"1"}"#, into: "Hash")
        let request = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ProjectionExpression":"\#(projection)"}"#
        #expect(store.answer(GetItem.self, request) == reply)
    }

    /// A read unit for each 4 KiB, half of it when eventually consistent; 2 bytes of the size are the key's, 1 the name's.
    @Test(arguments: [(4093, 1.0), (4094, 2.0)])
    func readsAreCountedByTheItemsSize(padding: Int, units: Double) throws {
        let store = try ItemsFixture()
        let text = String(repeating: "x", count: padding)
        try store.put(#""a":{"S":"a"},"b":{"S":"\#(text)"}"#, into: "Hash")
        let request = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ProjectionExpression":"a","#
        let item = #"{"Item":{"a":{"S":"a"}},"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":"#
        #expect(
            store.answer(GetItem.self, request + #""ReturnConsumedCapacity":"TOTAL"}"#) == item + "\(units / 2)}}"
        )
        #expect(
            store.answer(GetItem.self, request + #""ReturnConsumedCapacity":"INDEXES","ConsistentRead":true}"#)
                == item + #"\#(units),"Table":{"CapacityUnits":\#(units)}}}"#
        )
        #expect(
            store.answer(
                GetItem.self,
                #"{"TableName":"Hash","Key":{"a":{"S":"none"}},"ReturnConsumedCapacity":"TOTAL"}"#
            ) == #"{"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":0.5}}"#
        )
    }

    @Test func aTableMayBeNamedByItsARN() throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"}"#, into: "Hash")
        let arn = StoreIdentity().tableARN("Hash")
        #expect(
            store.answer(
                GetItem.self,
                #"{"TableName":"\#(arn)","Key":{"a":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL"}"#
            )
                == #"{"Item":{"a":{"S":"a"}},"ConsumedCapacity":{"TableName":"\#(arn)","CapacityUnits":0.5}}"#
        )
    }

    @Test func aPutReturnsTheOldItem() throws {
        let store = try ItemsFixture()
        let put = #"{"TableName":"Hash","Item":{"a":{"S":"a"},"b":{"N":"1"}},"ReturnValues":"ALL_OLD"}"#
        #expect(store.answer(PutItem.self, put) == "{}")
        #expect(store.answer(PutItem.self, put) == #"{"Attributes":{"a":{"S":"a"},"b":{"N":"1"}}}"#)
        try store.put(#""a":{"S":"a"},"c":{"N":"1"}"#, into: "Hash")
        #expect(try store.item(#""a":{"S":"a"}"#, in: "Hash") == #""a":{"S":"a"},"c":{"N":"1"}"#)
        #expect(
            store.answer(PutItem.self, #"{"TableName":"Hash","Item":{"a":{"S":"a"}},"ReturnValues":"UPDATED_OLD"}"#)
                == "ValidationException: ReturnValues can only be ALL_OLD or NONE"
        )
        try store.checkStatistics("Hash")
    }

    @Test func aDeletionReturnsTheOldItem() throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"N":"1"}"#, into: "Hash")
        let delete = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ReturnValues":"ALL_OLD"}"#
        #expect(store.answer(DeleteItem.self, delete) == #"{"Attributes":{"a":{"S":"a"},"b":{"N":"1"}}}"#)
        #expect(store.answer(DeleteItem.self, delete) == "{}")
        #expect(try store.item(#""a":{"S":"a"}"#, in: "Hash") == nil)
        #expect(try store.table("Hash").statistics == Table.Statistics())
        try store.checkStatistics("Hash")
    }

    @Test func aConditionThatDoesNotHoldPrevents() throws {
        let store = try ItemsFixture()
        let failure = "ConditionalCheckFailedException: The conditional request failed"
        let put = #"{"TableName":"Hash","Item":{"a":{"S":"a"},"b":{"N":"2"}},"ConditionExpression":""#
        #expect(store.answer(PutItem.self, put + #"attribute_exists(a)"}"#) == failure)
        #expect(store.answer(PutItem.self, put + #"attribute_not_exists(a)"}"#) == "{}")
        #expect(store.answer(PutItem.self, put + #"attribute_not_exists(a)"}"#) == failure)
        let delete = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ConditionExpression":"b < :b","#
        #expect(store.answer(DeleteItem.self, delete + #""ExpressionAttributeValues":{":b":{"N":"2"}}}"#) == failure)
        #expect(store.answer(DeleteItem.self, delete + #""ExpressionAttributeValues":{":b":{"N":"3"}}}"#) == "{}")
    }

    @Test func aFailedConditionMayReturnTheItem() throws {
        let store = try ItemsFixture()
        let condition =
            #","ConditionExpression":"b = :b","ExpressionAttributeValues":{":b":{"N":"2"}},"#
            + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#
        let requests = (
            put: #"{"TableName":"Hash","Item":{"a":{"S":"a"}}"# + condition,
            other: #"{"TableName":"Hash","Key":{"a":{"S":"a"}}"# + condition
        )
        #expect(throws: ErrorReply.conditionalCheckFailed()) { try store.call(PutItem.self, requests.put) }
        try store.put(#""a":{"S":"a"},"b":{"N":"1"}"#, into: "Hash")
        let failure = ErrorReply.conditionalCheckFailed(item: Array(#"{"a":{"S":"a"},"b":{"N":"1"}}"#.utf8))
        #expect(throws: failure) { try store.call(PutItem.self, requests.put) }
        #expect(throws: failure) { try store.call(DeleteItem.self, requests.other) }
        #expect(throws: failure) { try store.call(UpdateItem.self, requests.other) }
    }

    /// Write units go by the larger of the old and the new item.
    @Test func writesAreCountedByTheLargerItem() throws {
        let store = try ItemsFixture()
        func units(_ padding: Int) throws -> String {
            let text = String(repeating: "x", count: padding)
            return try store.call(
                PutItem.self,
                #"{"TableName":"Hash","Item":{"a":{"S":"a"},"b":{"S":"\#(text)"}},"ReturnConsumedCapacity":"TOTAL"}"#
            )
        }
        func reply(_ units: Double) -> String {
            #"{"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":\#(units)}}"#
        }
        #expect(try units(1021) == reply(1))
        #expect(try units(2046) == reply(3))
        #expect(try units(10) == reply(3))
        #expect(try units(10) == reply(1))
        let delete = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ReturnConsumedCapacity":"INDEXES"}"#
        #expect(try units(1022) == reply(2))
        let used = #"{"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":"#
        #expect(store.answer(DeleteItem.self, delete) == used + #"2.0,"Table":{"CapacityUnits":2.0}}}"#)
        #expect(store.answer(DeleteItem.self, delete) == used + #"1.0,"Table":{"CapacityUnits":1.0}}}"#)
    }

    @Test func anItemHasALimitedSize() throws {
        let store = try ItemsFixture()
        func put(_ size: Int) -> String {
            let text = String(repeating: "x", count: size - 3)
            return store.answer(PutItem.self, #"{"TableName":"Hash","Item":{"a":{"S":"a"},"b":{"S":"\#(text)"}}}"#)
        }
        #expect(put(409_600) == "{}")
        #expect(put(409_601) == "ValidationException: Item size has exceeded the maximum allowed size")
    }

    @Test func theItemCollectionIsMeasured() throws {
        let store = try ItemsFixture()
        let metrics = #""ItemCollectionMetrics":{"ItemCollectionKey":{"a":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}"#
        let size = #""ReturnItemCollectionMetrics":"SIZE"}"#
        let key = #""Key":{"a":{"S":"a"},"b":{"S":"b"}},"#
        #expect(
            store.answer(PutItem.self, #"{"TableName":"Range","Item":{"a":{"S":"a"},"b":{"S":"b"}},"# + size)
                == "{\(metrics)}"
        )
        #expect(store.answer(UpdateItem.self, #"{"TableName":"Range","# + key + size) == "{\(metrics)}")
        #expect(
            store.answer(
                DeleteItem.self,
                #"{"TableName":"Range","ReturnValues":"ALL_OLD","ReturnConsumedCapacity":"TOTAL","# + key + size
            )
                == #"{"Attributes":{"a":{"S":"a"},"b":{"S":"b"}},"# + metrics
                + #","ConsumedCapacity":{"TableName":"Range","CapacityUnits":1.0}}"#
        )
        // Only tables with local indexes have item collections.
        #expect(store.answer(PutItem.self, #"{"TableName":"Hash","Item":{"a":{"S":"a"}},"# + size) == "{}")
    }

    @Test func theExpiryIsANumberOfSeconds() throws {
        let store = try ItemsFixture()
        let table = try store.table("Hash")
        table.definition.timeToLiveAttribute = "t"
        let values = [
            #"{"N":"1600000000"}"#, #"{"N":"1.6e9"}"#, #"{"N":"-5"}"#, #"{"N":"1.5"}"#, #"{"S":"1600000000"}"#,
            #"{"N":"1e30"}"#, #"{"M":{"t":{"N":"5"}}}"#,
        ]
        for (index, value) in values.enumerated() {
            try store.put(#""a":{"S":"\#(index)"},"t":\#(value)"#, into: "Hash")
        }
        let keys = try store.engine.storage.expired(in: table.definition.number, before: .max, limit: 10)
        #expect(Set(keys.map { String(decoding: $0.partition, as: UTF8.self) }) == ["0", "1", "2", "3"])
        // A write without the attribute takes the expiry away.
        try store.put(#""a":{"S":"0"}"#, into: "Hash")
        #expect(try store.engine.storage.expired(in: table.definition.number, before: .max, limit: 10).count == 3)
    }
}
