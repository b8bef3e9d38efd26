import DynamoDB
import Testing

@testable import TableStore

/// UpdateItem.
@Suite struct ItemsUpdateTests {
    /// Updates item `a` of Hash; `more` is further members of the request.
    private func update(
        _ store: ItemsFixture,
        _ expression: String?,
        _ values: String = "",
        _ more: String = ""
    ) -> String {
        var request = #"{"TableName":"Hash","Key":{"a":{"S":"a"}}"#
        if let expression { request += #","UpdateExpression":"\#(expression)""# }
        if !values.isEmpty { request += #","ExpressionAttributeValues":{\#(values)}"# }
        return store.answer(UpdateItem.self, request + more + "}")
    }

    private func item(_ store: ItemsFixture) throws -> String? { try store.item(#""a":{"S":"a"}"#, in: "Hash") }

    @Test func anUpdateMayAddAnItem() throws {
        let store = try ItemsFixture()
        #expect(update(store, nil) == "{}")
        #expect(try item(store) == #""a":{"S":"a"}"#)
        #expect(update(store, "SET b = :b", #"":b":{"N":"1"}"#) == "{}")
        #expect(try item(store) == #""a":{"S":"a"},"b":{"N":"1"}"#)
        try store.checkStatistics("Hash")
    }

    /// scylladb/scylladb, test/alternator/test_item.py, test_update_item_non_existent, which ran against the service.
    @Test func anUpdateThatOnlyRemovesAddsNoItem() throws {
        let store = try ItemsFixture()
        for (expression, values) in [("REMOVE b", ""), ("DELETE b :b", #"":b":{"SS":["x"]}"#)] {
            #expect(update(store, expression, values, #","ReturnValues":"ALL_NEW""#) == "{}")
            #expect(try item(store) == nil)
        }
        #expect(try store.table("Hash").statistics.items == 0)
        #expect(update(store, "REMOVE b ADD c :c", #"":c":{"N":"1"}"#) == "{}")
        #expect(try item(store) == #""a":{"S":"a"},"c":{"N":"1"}"#)
    }

    /// scylladb/scylladb, test/alternator/test_returnvalues.py, which ran against the service.
    @Test(arguments: [
        ("NONE", "SET b = :v", "{}"),
        (
            "ALL_OLD", "SET b = :v",
            #"{"Attributes":{"a":{"S":"a"},"b":{"S":"dog"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}}}"#
        ),
        ("ALL_NEW", "SET b = :v REMOVE l", #"{"Attributes":{"a":{"S":"a"},"b":{"S":"v"}}}"#),
        ("UPDATED_OLD", "SET b = :v, c = :v", #"{"Attributes":{"b":{"S":"dog"}}}"#),
        ("UPDATED_OLD", "REMOVE b", #"{"Attributes":{"b":{"S":"dog"}}}"#),
        ("UPDATED_OLD", "SET c = :v", "{}"),
        ("UPDATED_NEW", "SET b = :v, c = :v", #"{"Attributes":{"b":{"S":"v"},"c":{"S":"v"}}}"#),
        ("UPDATED_NEW", "REMOVE b", "{}"),
        ("UPDATED_NEW", "SET b = :v REMOVE l", #"{"Attributes":{"b":{"S":"v"}}}"#),
        ("UPDATED_OLD", "SET l[1] = :v", #"{"Attributes":{"l":{"L":[{"N":"2"}]}}}"#),
        ("UPDATED_NEW", "SET l[1] = :v, b = :v", #"{"Attributes":{"b":{"S":"v"},"l":{"L":[{"S":"v"}]}}}"#),
        // What is appended is not returned; what moves up to a removed element's place is.
        ("UPDATED_NEW", "SET l[100] = :v", "{}"),
        ("UPDATED_NEW", "REMOVE l[1]", #"{"Attributes":{"l":{"L":[{"N":"3"}]}}}"#),
        ("UPDATED_OLD", "REMOVE l[1], l[3]", #"{"Attributes":{"l":{"L":[{"N":"2"}]}}}"#),
    ])
    func anUpdateReturnsAttributes(returnValues: String, expression: String, reply: String) throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"S":"dog"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}"#, into: "Hash")
        let values = expression.contains(":v") ? #"":v":{"S":"v"}"# : ""
        #expect(update(store, expression, values, #","ReturnValues":"\#(returnValues)""#) == reply)
    }

    @Test(arguments: [
        ("NONE", "{}"), ("ALL_OLD", "{}"), ("UPDATED_OLD", "{}"),
        ("ALL_NEW", #"{"Attributes":{"a":{"S":"a"},"b":{"N":"1"}}}"#),
        ("UPDATED_NEW", #"{"Attributes":{"b":{"N":"1"}}}"#),
    ])
    func aNewItemHasNoOldAttributes(returnValues: String, reply: String) throws {
        let store = try ItemsFixture()
        #expect(update(store, "SET b = :b", #"":b":{"N":"1"}"#, #","ReturnValues":"\#(returnValues)""#) == reply)
    }

    @Test(arguments: [
        ("ALL_OLD", #"{"Attributes":{"a":{"S":"a"},"b":{"N":"1"}}}"#),
        ("ALL_NEW", #"{"Attributes":{"a":{"S":"a"},"b":{"N":"1"}}}"#),
        ("UPDATED_OLD", "{}"), ("UPDATED_NEW", "{}"),
    ])
    func anUpdateOfNothingUpdatesNoAttributes(returnValues: String, reply: String) throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"N":"1"}"#, into: "Hash")
        #expect(update(store, nil, "", #","ReturnValues":"\#(returnValues)""#) == reply)
    }

    /// mhart/dynalite, test/updateItem.js, which ran against the service.
    @Test(arguments: [
        ("set c = b", "The provided expression refers to an attribute that does not exist in the item"),
        ("set b.a = a", "The document path provided in the update expression is invalid for update"),
        ("remove y[1] set z = a", "The document path provided in the update expression is invalid for update"),
        ("set e = a + :n", "An operand in the update expression has an incorrect data type"),
        ("add a2 :n, b.c :n", "The document path provided in the update expression is invalid for update"),
    ])
    func whatTheItemDoesNotAllow(expression: String, message: String) throws {
        let store = try ItemsFixture()
        let values = expression.contains(":n") ? #"":n":{"N":"1"}"# : ""
        #expect(update(store, expression, values) == "ValidationException: " + message)
        #expect(try item(store) == nil)
    }

    /// scylladb/scylladb, test/alternator/test_update_expression.py, which runs against the service.
    @Test(arguments: ["remove y[1]", "remove y.b, z[0].c", "delete y.b :s"])
    func nothingIsTakenFromNoItem(expression: String) throws {
        let store = try ItemsFixture()
        let values = expression.contains(":s") ? #"":s":{"SS":["b"]}"# : ""
        #expect(update(store, expression, values) == "{}")
        #expect(try item(store) == nil)
    }

    @Test func nestedAttributesAreUpdatedFromTheOldOnes() throws {
        let store = try ItemsFixture()
        try store.put(
            #""a":{"S":"a"},"b":{"M":{"a":{"N":"1"},"b":{"N":"2"},"c":{"N":"3"}}},"c":{"L":[{"N":"1"},{"N":"3"}]}"#,
            into: "Hash"
        )
        let reply = update(
            store,
            "set b.c=((c[1])+(b.a)),b.a = a,c[1] = a, c[4] = b.a - b.b, c[2] = b.c add c[8] :b, c[6] :a",
            #"":a":{"N":"2"},":b":{"SS":["a"]}"#,
            #","ReturnValues":"UPDATED_NEW""#
        )
        #expect(
            reply == #"{"Attributes":{"b":{"M":{"a":{"S":"a"},"c":{"N":"4"}}},"#
                + #""c":{"L":[{"S":"a"},{"N":"3"},{"N":"2"}]}}}"#
        )
        #expect(
            try item(store) == #""a":{"S":"a"},"b":{"M":{"a":{"S":"a"},"b":{"N":"2"},"c":{"N":"4"}}},"#
                + #""c":{"L":[{"N":"1"},{"S":"a"},{"N":"3"},{"N":"-1"},{"N":"2"},{"SS":["a"]}]}"#
        )
    }

    @Test func conditionsSeeTheOldItem() throws {
        let store = try ItemsFixture()
        let condition = #","ConditionExpression":"attribute_not_exists(b) OR b < :max""#
        let values = #"":one":{"N":"1"},":max":{"N":"2"}"#
        for number in ["1", "2"] {
            #expect(
                update(store, "ADD b :one", values, condition + #","ReturnValues":"UPDATED_NEW""#)
                    == #"{"Attributes":{"b":{"N":"\#(number)"}}}"#
            )
        }
        #expect(
            update(store, "ADD b :one", values, condition)
                == "ConditionalCheckFailedException: The conditional request failed"
        )
    }

    @Test(arguments: [(1020, "1.0"), (1021, "2.0")])
    func writesAreCountedByTheLargerItem(padding: Int, units: String) throws {
        let store = try ItemsFixture()
        let text = String(repeating: "x", count: padding)
        let reply = #"{"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":\#(units)}}"#
        let total = #","ReturnConsumedCapacity":"TOTAL""#
        #expect(update(store, "SET bb = :b", #"":b":{"S":"\#(text)"}"#, total) == reply)
        #expect(update(store, "REMOVE bb", "", total) == reply)
        #expect(
            update(store, "REMOVE bb", "", total) == #"{"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":1.0}}"#
        )
    }

    /// What an expression counts (paritysuite/dynamodb-conformance, limits/itemSizeBySurface, measured at the service):
    /// 3 for the update, and what each clause of the list adds to `SET b = :pad`, which is 19 + 1 + the padding.
    @Test(arguments: [
        ("", "", "", 0),
        (", c = abcdefghij", "", #","abcdefghij":{"S":"y"}"#, 19 + 1 + 1 + 14 + 10),
        (", c = m.z", "", #","m":{"M":{"z":{"S":"y"}}}"#, 19 + 1 + 1 + 14 + 1 + 14 + 1),
        (", n = n + :one", #","":one":{"N":"1"}"#, #","n":{"N":"1"}"#, 19 + 1 + 34 + 15 + 1 + 2),
        (", n = n - :one", #","":one":{"N":"1"}"#, #","n":{"N":"1"}"#, 19 + 1 + 37 + 15 + 1 + 2),
        (", c = if_not_exists(c, :v)", #","":v":{"S":"v"}"#, "", 19 + 1 + 39 + 16 + 1),
        (", l = list_append(l, :l)", #","":l":{"L":[{"S":"v"}]}"#, #","l":{"L":[]}"#, 19 + 1 + 37 + 16 + 5),
        (" REMOVE m.yyyy", "", #","m":{"M":{}}"#, 1 + 1 + 4 + 4),
        (" DELETE ss :s", #","":s":{"SS":["x"]}"#, "", 1 + 2),
        (" ADD ss :s", #","":s":{"SS":["xyz"]}"#, "", 19 + 2 + 3),
    ])
    func anExpressionHasALimitedSize(clause: String, value: String, seed: String, charge: Int) throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"}"# + seed, into: "Hash")
        let values = value.replacing(#","":"#, with: #",":"#)
        let padding = 409_600 - 3 - 19 - 1 - charge
        let text = String(repeating: "x", count: padding)
        #expect(
            update(store, "SET b = :pad" + clause, #"":pad":{"S":"\#(text)x"}"# + values)
                == "ValidationException: Item size to update has exceeded the maximum allowed size"
        )
        #expect(update(store, "SET b = :pad" + clause, #"":pad":{"S":"\#(text)"}"# + values) == "{}")
    }

    @Test func theUpdatedItemHasALimitedSize() throws {
        let store = try ItemsFixture()
        let text = String(repeating: "x", count: 409_600 - 3)
        try store.put(#""a":{"S":"a"},"b":{"S":"\#(text)"}"#, into: "Hash")
        #expect(
            update(store, "SET c = :c", #"":c":{"S":""}"#)
                == "ValidationException: Item size to update has exceeded the maximum allowed size"
        )
    }
}
