import Testing

@testable import DynamoDB

@Suite struct LegacyConditionTests {
    /// One attribute of each type, by the type's name; every scalar is an element of the list and of its set.
    private static let subject = """
        {"S":{"S":"ab"},"N":{"N":"5"},"B":{"B":"YWI="},"BOOL":{"BOOL":true},"NULL":{"NULL":true},
        "L":{"L":[{"S":"ab"},{"N":"5.0"},{"B":"YWI="},{"BOOL":true},{"NULL":true}]},"M":{"M":{"S":{"S":"ab"}}},
        "SS":{"SS":["c","ab"]},"NS":{"NS":["6","5"]},"BS":{"BS":["YQ==","YWI="]}}
        """
    private static let types = AttributeType.allCases.map(\.rawValue)

    private func condition(
        _ name: String,
        _ comparison: LegacyComparison,
        _ values: [AttributeValue]
    ) throws -> Condition {
        try #require(Condition([LegacyCondition(name, comparison, values)], isAnyEnough: false))
    }

    /// The types of attributes for which the comparison holds with the value of the type `argument`; nil when it does not
    /// take that type.
    ///
    /// After the Developer Guide, "Legacy conditional parameters", and scylladb/scylladb, test/alternator/test_expected.py.
    private func holding(_ comparison: LegacyComparison, _ argument: String) -> [String]? {
        let isOrdered = ["S", "N", "B"].contains(argument)
        let containers = [
            "S": ["S", "SS", "L"], "N": ["NS", "L"], "B": ["B", "BS", "L"], "BOOL": ["L"], "NULL": ["L"],
        ]
        return switch comparison {
        case .equal: [argument]
        case .notEqual: Self.types.filter { $0 != argument } + ["missing"]
        case .lessOrEqual, .greaterOrEqual, .between, .membership: isOrdered ? [argument] : nil
        case .less, .greater: isOrdered ? [] : nil
        case .beginsWith: argument == "S" || argument == "B" ? [argument] : nil
        case .contains: containers[argument]
        case .notContains: containers[argument].map { types in Self.types.filter { !types.contains($0) } }
        case .exists: Self.types
        case .notExists: ["missing"]
        }
    }

    @Test(arguments: LegacyComparison.allCases)
    func comparesEveryTypeWithEveryType(comparison: LegacyComparison) throws {
        let item = try item(Self.subject)
        for argument in Self.types {
            let value = try #require(item[argument])
            let count =
                switch comparison {
                case .exists, .notExists: 0
                case .between: 2
                default: 1
                }
            let values = Array(repeating: value, count: count)
            guard let types = holding(comparison, argument) else {
                #expect(
                    failure { _ = try LegacyCondition("a", comparison, values) }
                        == "One or more parameter values were invalid: ComparisonOperator \(comparison.rawValue) "
                        + "is not valid for \(argument) AttributeValue type"
                )
                continue
            }
            for name in Self.types + ["missing"] {
                let holds = try condition(name, comparison, values).evaluate(item)
                #expect(holds == types.contains(name), "\(name) \(comparison.rawValue) \(argument)")
            }
        }
    }

    @Test(
        arguments: [
            (.less, ["6"], true), (.less, ["5"], false), (.lessOrEqual, ["5.00"], true), (.lessOrEqual, ["4"], false),
            (.greater, ["4.999"], true), (.greater, ["5"], false), (.greaterOrEqual, ["5"], true),
            (.greaterOrEqual, ["6"], false), (.between, ["1", "5"], true), (.between, ["6", "7"], false),
            (.membership, ["4", "5e0"], true), (.membership, ["4", "6"], false),
        ] as [(LegacyComparison, [String], Bool)]
    )
    func comparesNumbersByValue(comparison: LegacyComparison, numbers: [String], expected: Bool) throws {
        let values = try numbers.map { AttributeValue.number(try Number($0.utf8)) }
        #expect(try condition("N", comparison, values).evaluate(item(Self.subject)) == expected)
    }

    @Test(
        arguments: [
            (.beginsWith, "a", true), (.beginsWith, "", true), (.beginsWith, "b", false), (.contains, "b", true),
            (.contains, "ba", false), (.notContains, "ba", true), (.notContains, "b", false), (.less, "b", true),
            (.greater, "aa", true), (.less, "Z", false),
        ] as [(LegacyComparison, String, Bool)]
    )
    func comparesStringsByTheirBytes(comparison: LegacyComparison, text: String, expected: Bool) throws {
        let subject = try item(Self.subject)
        #expect(try condition("S", comparison, [.string(text)]).evaluate(subject) == expected)
        #expect(try condition("B", comparison, [.binary(Array(text.utf8))]).evaluate(subject) == expected)
    }

    @Test(arguments: LegacyComparison.allCases)
    func takesAsManyValuesAsItNeeds(comparison: LegacyComparison) {
        let right: ClosedRange<Int> =
            switch comparison {
            case .exists, .notExists: 0...0
            case .between: 2...2
            case .membership: 1...4
            default: 1...1
            }
        for count in 0...4 {
            let values = Array(repeating: AttributeValue.string("a"), count: count)
            let expected =
                right.contains(count)
                ? nil
                : "One or more parameter values were invalid: "
                    + "Invalid number of argument(s) for the \(comparison.rawValue) ComparisonOperator"
            #expect(failure { _ = try LegacyCondition("a", comparison, values) } == expected)
        }
    }

    @Test func valuesHaveOneType() {
        let mixed: [AttributeValue] = [.string("a"), .number(Number(1))]
        let message =
            "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"
        #expect(failure { _ = try LegacyCondition("a", .membership, mixed) } == message)
        #expect(failure { _ = try LegacyCondition("a", .between, mixed) } == message)
        let reversed: [AttributeValue] = [.string("b"), .string("a")]
        #expect(
            failure { _ = try LegacyCondition("a", .between, reversed) }
                == "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )
        #expect(failure { _ = try LegacyCondition("a", .membership, reversed) } == nil)
    }

    @Test func namesAreNotEmpty() {
        let message = "One or more parameter values were invalid: Empty attribute name"
        #expect(failure { _ = try LegacyCondition("", .exists, []) } == message)
        #expect(failure { _ = try LegacyUpdate("", .delete, nil) } == message)
        #expect(failure { _ = try Projection(attributesToGet: ["a", ""]) } == message)
    }

    @Test func conditionsAreJoined() throws {
        let holds = try LegacyCondition("S", .exists, [])
        let fails = try LegacyCondition("S", .notExists, [])
        let item = try item(Self.subject)
        #expect(Condition([], isAnyEnough: false) == nil)
        #expect(Condition([holds, fails], isAnyEnough: false)?.evaluate(item) == false)
        #expect(Condition([holds, fails], isAnyEnough: true)?.evaluate(item) == true)
        #expect(Condition([fails, fails], isAnyEnough: true)?.evaluate(item) == false)
        #expect(Condition([holds, holds], isAnyEnough: false)?.evaluate(item) == true)
        #expect(Condition([fails], isAnyEnough: false)?.attributes.map(\.name) == [Array("S".utf8)])
    }

    @Test func aNameIsNoPath() throws {
        let item = try item(#"{"a.b[0]":{"S":"x"},"a":{"M":{"b":{"L":[{"S":"y"}]}}}}"#)
        #expect(try condition("a.b[0]", .equal, [.string("x")]).evaluate(item))
        let projection = try Projection(attributesToGet: ["a.b[0]", "gone"])
        #expect(json(item.projected(by: projection)) == #"{"a.b[0]":{"S":"x"}}"#)
    }

    @Test func attributesToGetAreDistinct() {
        #expect(
            failure { _ = try Projection(attributesToGet: ["a", "b", "a"]) }
                == "One or more parameter values were invalid: Duplicate value in attribute name: a"
        )
    }
}
