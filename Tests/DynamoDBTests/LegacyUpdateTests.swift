import Testing

@testable import DynamoDB

@Suite struct LegacyUpdateTests {
    private static let subject = """
        {"n":{"N":"10"},"s":{"S":"old"},"l":{"L":[{"S":"0"}]},"m":{"M":{}},"ss":{"SS":["a","b"]},"ns":{"NS":["1"]},
        "bs":{"BS":["YQ=="]}}
        """
    private static let values = [
        "S": #"{"S":"1"}"#, "N": #"{"N":"1"}"#, "B": #"{"B":"Yg=="}"#, "BOOL": #"{"BOOL":true}"#,
        "NULL": #"{"NULL":true}"#, "L": #"{"L":[]}"#, "M": #"{"M":{}}"#, "SS": #"{"SS":["a"]}"#, "NS": #"{"NS":["1"]}"#,
        "BS": #"{"BS":["YQ=="]}"#,
    ]

    private func update(_ name: String, _ action: LegacyUpdate.Action, _ json: String?) throws -> Update {
        try Update([LegacyUpdate(name, action, json.map { try value($0) })])
    }

    /// Expected is what the attribute then has; nil when it is gone.
    @Test(
        arguments: [
            ("s", .put, #"{"S":"new"}"#, #"{"S":"new"}"#), ("s", .put, #"{"N":"1"}"#, #"{"N":"1"}"#),
            ("new", .put, #"{"NULL":true}"#, #"{"NULL":true}"#), ("s", .delete, nil, nil), ("new", .delete, nil, nil),
            ("n", .add, #"{"N":"-2.5"}"#, #"{"N":"7.5"}"#), ("new", .add, #"{"N":"5"}"#, #"{"N":"5"}"#),
            ("ss", .add, #"{"SS":["b","c"]}"#, #"{"SS":["a","b","c"]}"#),
            ("new", .add, #"{"NS":["1"]}"#, #"{"NS":["1"]}"#),
            ("ns", .add, #"{"NS":["1.0","2"]}"#, #"{"NS":["1","2"]}"#),
            ("bs", .add, #"{"BS":["Yg=="]}"#, #"{"BS":["YQ==","Yg=="]}"#),
            ("l", .add, #"{"L":[{"S":"0"},{"N":"1"}]}"#, #"{"L":[{"S":"0"},{"S":"0"},{"N":"1"}]}"#),
            ("l", .add, #"{"L":[]}"#, #"{"L":[{"S":"0"}]}"#),
            ("new", .add, #"{"L":[{"S":"x"}]}"#, #"{"L":[{"S":"x"}]}"#),
            ("ss", .delete, #"{"SS":["b","c"]}"#, #"{"SS":["a"]}"#), ("ss", .delete, #"{"SS":["b","a"]}"#, nil),
            ("new", .delete, #"{"SS":["b"]}"#, nil),
        ] as [(String, LegacyUpdate.Action, String?, String?)]
    )
    func applies(name: String, action: LegacyUpdate.Action, json: String?, expected: String?) throws {
        let outcome = try expected.map { try value($0) }
        var after = try item(Self.subject)
        after[name] = outcome
        let update = try update(name, action, json)
        #expect(try update.apply(to: item(Self.subject)) == after)
        #expect(update.attributeNames == [Array(name.utf8)])
        #expect(after.projected(by: update.projection).attributes.map(\.value) == [outcome].compactMap(\.self))
    }

    @Test(arguments: values.keys.sorted())
    func actionsTakeTypes(type: String) throws {
        let takesDelete = ["SS", "NS", "BS"].contains(type)
        let takesAdd = takesDelete || ["N", "L"].contains(type)
        let invalid = "One or more parameter values were invalid: "
        #expect(failure { _ = try update("a", .put, Self.values[type]) } == nil)
        #expect(
            failure { _ = try update("a", .delete, Self.values[type]) }
                == (takesDelete ? nil : invalid + "DELETE action with value is not supported for the type \(type)")
        )
        #expect(
            failure { _ = try update("a", .add, Self.values[type]) }
                == (takesAdd ? nil : invalid + "ADD action is not supported for the type \(type)")
        )
    }

    @Test(arguments: [LegacyUpdate.Action.put, .add])
    func onlyDeleteGoesWithoutAValue(action: LegacyUpdate.Action) {
        #expect(
            failure { _ = try LegacyUpdate("a", action, nil) }
                == "One or more parameter values were invalid: "
                + "Only DELETE action is allowed when no attribute value is specified"
        )
    }

    /// An attribute of each type against each action that takes a value of another type.
    @Test func typesMustMatch() throws {
        let actions: [(LegacyUpdate.Action, [String])] = [
            (.add, ["N", "L", "SS", "NS", "BS"]), (.delete, ["SS", "NS", "BS"]),
        ]
        for (action, types) in actions {
            for type in types {
                let update = try update("a", action, Self.values[type])
                for (other, json) in Self.values where other != type {
                    let message = failure { _ = try update.apply(to: item("{\"a\":\(json)}")) }
                    #expect(message == "Type mismatch for attribute to update", "\(action) \(type) to \(other)")
                }
            }
        }
    }

    @Test func refusesNumbersThatCannotBeStored() throws {
        let update = try update("n", .add, #"{"N":"9E125"}"#)
        #expect(
            failure { _ = try update.apply(to: item(#"{"n":{"N":"9E125"}}"#)) }
                == "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    }

    @Test func expressionsStillSpeakOfOperands() throws {
        var attributes = try attributes(values: #"{":n":{"N":"1"}}"#)
        let update = try Update(parsing: Array("ADD s :n".utf8), attributes: &attributes)
        #expect(
            failure { _ = try update.apply(to: item(Self.subject)) }
                == "An operand in the update expression has an incorrect data type"
        )
    }
}
