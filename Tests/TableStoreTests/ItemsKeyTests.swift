import DynamoDB
import Testing

@testable import TableStore

/// Checks of keys, of both tables and indexes.
@Suite struct ItemsKeyTests {
    static let mismatch = "ValidationException: The provided key element does not match the schema"
    static let invalid = "ValidationException: One or more parameter values were invalid: "
    static let empty =
        "ValidationException: One or more parameter values are not valid. "
        + "The AttributeValue for a key attribute cannot contain an empty "

    @Test(arguments: [
        ("Hash", ""), ("Hash", #""b":{"S":"a"}"#), ("Hash", #""a":{"S":"a"},"b":{"S":"a"}"#),
        ("Hash", #""a":{"B":"abcd"}"#), ("Hash", #""a":{"N":"1"}"#), ("Hash", #""a":{"BOOL":true}"#),
        ("Hash", #""a":{"NULL":true}"#), ("Hash", #""a":{"SS":["a"]}"#), ("Hash", #""a":{"M":{}}"#),
        ("Hash", #""a":{"L":[]}"#), ("Range", #""a":{"S":"a"}"#), ("Number", #""a":{"S":"1"}"#),
        ("Range", #""a":{"S":"a"},"b":{"N":"1"}"#), ("Range", #""a":{"S":"a"},"c":{"S":"1"}"#),
    ])
    func keysMatchTheSchema(table: String, key: String) throws {
        let store = try ItemsFixture()
        let request = "{\"TableName\":\"\(table)\",\"Key\":{\(key)}}"
        #expect(store.answer(GetItem.self, request) == Self.mismatch)
        #expect(store.answer(DeleteItem.self, request) == Self.mismatch)
        #expect(store.answer(UpdateItem.self, request) == Self.mismatch)
    }

    @Test(arguments: [
        ("Hash", #""b":{"S":"a"}"#, invalid + "Missing the key a in the item"),
        ("Hash", #""a":{"N":"1"}"#, invalid + "Type mismatch for key a expected: S actual: N"),
        ("Number", #""a":{"SS":["1"]}"#, invalid + "Type mismatch for key a expected: N actual: SS"),
        ("Binary", #""a":{"M":{}}"#, invalid + "Type mismatch for key a expected: B actual: M"),
        ("Range", #""a":{"S":"a"}"#, invalid + "Missing the key b in the item"),
        ("Range", #""a":{"S":"a"},"b":{"BOOL":true}"#, invalid + "Type mismatch for key b expected: S actual: BOOL"),
        ("Range", #""a":{"N":"1"},"b":{"N":"1"}"#, invalid + "Type mismatch for key a expected: S actual: N"),
        ("Hash", #""a":{"S":""}"#, empty + "string value. Key: a"),
        ("Binary", #""a":{"B":""}"#, empty + "binary value. Key: a"),
        ("Range", #""a":{"S":"a"},"b":{"S":""}"#, empty + "string value. Key: b"),
    ])
    func itemsHaveTheKey(table: String, item: String, refusal: String) throws {
        let store = try ItemsFixture()
        #expect(store.answer(PutItem.self, "{\"TableName\":\"\(table)\",\"Item\":{\(item)}}") == refusal)
    }

    @Test(arguments: [
        ("Hash", #""a":{"S":""}"#, empty + "string value. Key: a"),
        ("Binary", #""a":{"B":""}"#, empty + "binary value. Key: a"),
        ("Range", #""a":{"S":"a"},"b":{"S":""}"#, empty + "string value. Key: b"),
    ])
    func keysAreNotEmpty(table: String, key: String, refusal: String) throws {
        let store = try ItemsFixture()
        #expect(store.answer(GetItem.self, "{\"TableName\":\"\(table)\",\"Key\":{\(key)}}") == refusal)
    }

    @Test func keysHaveALimitedSize() throws {
        let store = try ItemsFixture()
        let long = String(repeating: "a", count: 2048)
        try store.put(#""a":{"S":"\#(long)"}"#, into: "Hash")
        let tooLong =
            Self.invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
        #expect(store.answer(PutItem.self, #"{"TableName":"Hash","Item":{"a":{"S":"\#(long)b"}}}"#) == tooLong)
        #expect(store.answer(GetItem.self, #"{"TableName":"Hash","Key":{"a":{"S":"\#(long)b"}}}"#) == tooLong)

        let sort = String(repeating: "é", count: 512)
        try store.put(#""a":{"S":"a"},"b":{"S":"\#(sort)"}"#, into: "Range")
        let tooLongSort =
            Self.invalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
        #expect(
            store.answer(PutItem.self, #"{"TableName":"Range","Item":{"a":{"S":"a"},"b":{"S":"\#(sort)b"}}}"#)
                == tooLongSort
        )
        // An index's keys have the same limits.
        #expect(
            store.answer(
                PutItem.self,
                #"{"TableName":"Range","Item":{"a":{"S":"a"},"b":{"S":"b"},"d":{"S":"\#(sort)b"}}}"#
            ) == tooLongSort
        )
    }

    static let indexMismatch = invalid + "Type mismatch for Index Key "
    static let emptyIndexKey =
        "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key "
        + "is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: "

    @Test(arguments: [
        (#""c":{"N":"1"}"#, indexMismatch + "c Expected: S Actual: N IndexName: index1"),
        (#""d":{"L":[]}"#, indexMismatch + "d Expected: S Actual: L IndexName: index2"),
        (#""c":{"S":""}"#, emptyIndexKey + "index1, IndexKey: c"),
        (#""c":{"S":""},"d":{"N":"1"}"#, indexMismatch + "d Expected: S Actual: N IndexName: index2"),
    ])
    func putsHaveIndexKeysOfTheirTypes(attributes: String, refusal: String) throws {
        let store = try ItemsFixture()
        let item = #""a":{"S":"a"},"b":{"S":"b"},"# + attributes
        #expect(store.answer(PutItem.self, "{\"TableName\":\"Range\",\"Item\":{\(item)}}") == refusal)
    }

    /// mhart/dynalite, test/updateItem.js, "should return ValidationException if trying to update ...".
    @Test(arguments: [
        ("Hash", "add a.b :n", invalid + cannotUpdate("a")),
        ("Hash", "remove d set b = :n, a = :n", invalid + cannotUpdate("a")),
        ("Hash", "set b = :n, a = a.b + a[1]", invalid + cannotUpdate("a")),
        ("Range", "set d[1] = :n add b.b :n", invalid + cannotUpdate("b")),
        ("Range", "set d.a = a add c :n", indexMismatch + "c Expected: S Actual: N IndexName: index1"),
        ("Range", "set e = c[1], c = a + :n", indexMismatch + "c Expected: S Actual: N IndexName: index1"),
        ("Range", "add d.b :n", nested("IndexKey: d")),
        ("Range", "set d[1] = :n", nested("IndexKey: d")),
        ("Range", "set e = list_append(a, b), f = d[1], g = :n", nested("IndexKey: d")),
        ("Hash", "set e = a[1], g = :n", nested("Key: a")),
        ("Range", "set c = :empty, g = :n", emptyUpdate),
    ])
    func updatesLeaveKeysAlone(table: String, update: String, refusal: String) throws {
        let store = try ItemsFixture()
        let key = table == "Hash" ? #""a":{"S":"a"}"# : #""a":{"S":"a"},"b":{"S":"b"}"#
        let values = update.contains(":empty") ? #"":n":{"N":"1"},":empty":{"S":""}"# : #"":n":{"N":"1"}"#
        let request =
            #"{"TableName":"\#(table)","Key":{\#(key)},"UpdateExpression":"\#(update)","#
            + #""ExpressionAttributeValues":{\#(values)}}"#
        #expect(store.answer(UpdateItem.self, request) == refusal)
    }

    static func cannotUpdate(_ name: String) -> String {
        "Cannot update attribute \(name). This attribute is part of the key"
    }

    static func nested(_ role: String) -> String {
        "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' "
            + "are not allowed: \(role)"
    }

    static let emptyUpdate =
        "ValidationException: One or more parameter values are not valid. The update expression attempted to update a "
        + "secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain "
        + "an empty string value."

    @Test func updatesGiveIndexKeysTheirTypes() throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"S":"b"},"e":{"N":"1"},"f":{"S":""}"#, into: "Range")
        let request = #"{"TableName":"Range","Key":{"a":{"S":"a"},"b":{"S":"b"}},"UpdateExpression":""#
        #expect(
            store.answer(UpdateItem.self, request + #"set c = e"}"#)
                == "ValidationException: The update expression attempted to update the secondary index key "
                + "to unsupported type"
        )
        #expect(store.answer(UpdateItem.self, request + #"set c = f"}"#) == Self.emptyUpdate)
    }

    @Test func keysInPathsAreScalars() throws {
        let store = try ItemsFixture()
        let get = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ProjectionExpression":"b, a.c"}"#
        #expect(store.answer(GetItem.self, get) == Self.nested("Key: a"))
        let delete = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ConditionExpression":"attribute_exists(a[0])"}"#
        #expect(store.answer(DeleteItem.self, delete) == Self.nested("Key: a"))
    }

    @Test func equalNumbersAreOneKey() throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"N":"1"},"b":{"S":"one"}"#, into: "Number")
        for number in ["1.0", "10e-1", "001", "+1"] {
            #expect(try store.item(#""a":{"N":"\#(number)"}"#, in: "Number") == #""a":{"N":"1"},"b":{"S":"one"}"#)
        }
        try store.put(#""a":{"N":"1.00"}"#, into: "Number")
        #expect(try store.table("Number").statistics.items == 1)
    }

    @Test func anUnknownTableComesAfterTheRequestAndBeforeTheKey() throws {
        let store = try ItemsFixture()
        let missing = "ResourceNotFoundException: Requested resource not found"
        #expect(store.answer(GetItem.self, #"{"TableName":"None","Key":{}}"#) == missing)
        #expect(store.answer(PutItem.self, #"{"TableName":"None","Item":{}}"#) == missing)
        #expect(store.answer(UpdateItem.self, #"{"TableName":"None","Key":{}}"#) == missing)
        #expect(
            store.answer(DeleteItem.self, #"{"TableName":"None","Key":{},"ReturnValues":"ALL_NEW"}"#)
                == "ValidationException: ReturnValues can only be ALL_OLD or NONE"
        )
        let large = String(repeating: "a", count: 409_600)
        #expect(
            store.answer(PutItem.self, #"{"TableName":"None","Item":{"a":{"S":"\#(large)"}}}"#)
                == "ValidationException: Item size has exceeded the maximum allowed size"
        )
    }
}
