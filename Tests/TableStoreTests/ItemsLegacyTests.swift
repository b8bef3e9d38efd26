import DynamoDB
import Testing

@testable import TableStore

/// Writes with AttributeUpdates and Expected, and where the checks of a request's values come among others.
@Suite struct ItemsLegacyTests {
    private func update(_ store: ItemsFixture, _ updates: String, _ more: String = "") -> String {
        store.answer(
            UpdateItem.self,
            #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"AttributeUpdates":{\#(updates)}\#(more)}"#
        )
    }

    private func item(_ store: ItemsFixture) throws -> String? { try store.item(#""a":{"S":"a"}"#, in: "Hash") }

    /// mhart/dynalite, test/updateItem.js, which ran against the service.
    @Test func whatIsAddedToNothing() throws {
        let store = try ItemsFixture()
        let updates =
            #""b":{"Action":"DELETE"},"c":{"Action":"DELETE","Value":{"SS":["a","b"]}},"#
            + #""d":{"Action":"ADD","Value":{"N":"5"}},"e":{"Action":"ADD","Value":{"SS":["a","b"]}},"#
            + #""f":{"Action":"ADD","Value":{"L":[{"S":"a"},{"N":"1"}]}}"#
        let attributes = #""d":{"N":"5"},"e":{"SS":["a","b"]},"f":{"L":[{"S":"a"},{"N":"1"}]}"#
        #expect(update(store, updates, #","ReturnValues":"UPDATED_NEW""#) == #"{"Attributes":{\#(attributes)}}"#)
        #expect(try item(store) == #""a":{"S":"a"},"# + attributes)
    }

    /// scylladb/scylladb, test/alternator/test_item.py, test_update_item_non_existent, which ran against the service.
    @Test func whatCreatesAnItem() throws {
        let store = try ItemsFixture()
        #expect(update(store, #""b":{"Action":"DELETE"}"#, #","ReturnValues":"ALL_NEW""#) == "{}")
        #expect(try item(store) == nil)
        #expect(update(store, "", #","ReturnValues":"UPDATED_NEW""#) == "{}")
        #expect(try item(store) == #""a":{"S":"a"}"#)
        #expect(update(store, "", #","ReturnValues":"ALL_NEW""#) == #"{"Attributes":{"a":{"S":"a"}}}"#)
    }

    @Test func updatedAttributesAreReturned() throws {
        let store = try ItemsFixture()
        try store.put(#""a":{"S":"a"},"b":{"M":{"x":{"S":"a"}}},"c":{"N":"1"},"d":{"S":"d"}"#, into: "Hash")
        let updates = #""b":{"Value":{"M":{"x":{"S":"b"}}}},"c":{"Action":"ADD","Value":{"N":"1"}}"#
        #expect(
            update(store, updates, #","ReturnValues":"UPDATED_OLD""#)
                == #"{"Attributes":{"b":{"M":{"x":{"S":"a"}}},"c":{"N":"1"}}}"#
        )
        #expect(
            update(store, updates, #","ReturnValues":"UPDATED_NEW""#)
                == #"{"Attributes":{"b":{"M":{"x":{"S":"b"}}},"c":{"N":"3"}}}"#
        )
        #expect(
            update(store, #""c":{"Action":"ADD","Value":{"SS":["a"]}}"#)
                == "ValidationException: Type mismatch for attribute to update"
        )
    }

    @Test func keysAreLeftAlone() throws {
        let store = try ItemsFixture()
        #expect(
            update(store, #""a":{"Value":{"S":"b"}}"#)
                == ItemsKeyTests.invalid + ItemsKeyTests.cannotUpdate("a")
        )
        let range =
            #"{"TableName":"Range","Key":{"a":{"S":"a"},"b":{"S":"b"}},"#
            + #""AttributeUpdates":{"e":{"Value":{"N":"1"}},"c":{"Value":{"N":"1"}}}}"#
        #expect(
            store.answer(UpdateItem.self, range)
                == ItemsKeyTests.indexMismatch + "c Expected: S Actual: N IndexName: index1"
        )
    }

    /// Of AttributeUpdates only the item they make is measured (paritysuite/dynamodb-conformance,
    /// limits/itemSizeBySurface, measured at the service).
    @Test func theUpdatedItemHasALimitedSize() throws {
        let store = try ItemsFixture()
        let text = String(repeating: "x", count: 409_600 - 3)
        #expect(update(store, #""b":{"Value":{"S":"\#(text)"}}"#) == "{}")
        #expect(
            update(store, #""b":{"Value":{"S":"\#(text)x"}}"#)
                == "ValidationException: Item size to update has exceeded the maximum allowed size"
        )
    }

    @Test func expectations() throws {
        let store = try ItemsFixture()
        let failure = "ConditionalCheckFailedException: The conditional request failed"
        let expected = #","Expected":{"b":{"Value":{"N":"1.0"}}}"#
        #expect(update(store, #""b":{"Value":{"N":"2"}}"#, expected) == failure)
        try store.put(#""a":{"S":"a"},"b":{"N":"1"}"#, into: "Hash")
        #expect(update(store, #""b":{"Value":{"N":"2"}}"#, expected) == "{}")
        let delete = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"Expected":{"b":{"Exists":false}}}"#
        #expect(store.answer(DeleteItem.self, delete) == failure)
    }

    /// The service looks at values before it parses expressions, and at both before the table (mhart/dynalite,
    /// validations/).
    @Test func theOrderOfChecks() throws {
        let store = try ItemsFixture()
        let condition = #","ConditionExpression":"a ="}"#
        let number = "ValidationException: The parameter cannot be converted to a numeric value: x"
        #expect(store.answer(PutItem.self, #"{"TableName":"None","Item":{"a":{"N":"x"}}"# + condition) == number)
        #expect(store.answer(DeleteItem.self, #"{"TableName":"None","Key":{"a":{"N":"x"}}"# + condition) == number)
        #expect(store.answer(UpdateItem.self, #"{"TableName":"None","Key":{"a":{"N":"x"}}"# + condition) == number)
        #expect(store.answer(GetItem.self, #"{"TableName":"None","Key":{"a":{"N":"x"}}}"#) == number)
        #expect(
            store.answer(PutItem.self, #"{"TableName":"None","Item":{},"ReturnValues":"ALL_NEW""# + condition)
                == "ValidationException: ReturnValues can only be ALL_OLD or NONE"
        )
        #expect(
            store.answer(PutItem.self, #"{"TableName":"None","Item":{}"# + condition)
                == "ValidationException: Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\""
        )
    }
}
