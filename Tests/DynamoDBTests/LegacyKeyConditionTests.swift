import Testing

@testable import DynamoDB

@Suite struct LegacyKeyConditionTests {
    private let schema = KeySchema(
        partitionKey: .init(name: "p", type: .string),
        sortKey: .init(name: "s", type: .string)
    )
    private let single = KeySchema(partitionKey: .init(name: "p", type: .string))

    private func string(_ name: String, _ comparison: LegacyComparison, _ texts: String...) throws -> LegacyCondition {
        try LegacyCondition(name, comparison, texts.map { .string($0) })
    }

    private func refusal(_ conditions: [LegacyCondition], _ schema: KeySchema) -> String? {
        failure { _ = try KeyCondition(conditions).range(in: schema) }
    }

    /// The same range as the expression selects.
    @Test(
        arguments: [
            (.equal, ["b"], "s = :0"), (.less, ["b"], "s < :0"), (.lessOrEqual, ["b"], "s <= :0"),
            (.greater, ["b"], "s > :0"), (.greaterOrEqual, ["b"], "s >= :0"),
            (.beginsWith, ["b"], "begins_with(s, :0)"),
            (.between, ["b", "d"], "s BETWEEN :0 AND :1"),
        ] as [(LegacyComparison, [String], String)]
    )
    func selectsAsAnExpression(comparison: LegacyComparison, texts: [String], expression: String) throws {
        let sort = try LegacyCondition("s", comparison, texts.map { .string($0) })
        let values = texts.enumerated().map { "\":\($0.offset)\":{\"S\":\"\($0.element)\"}" }
        var attributes = try attributes(values: "{\":p\":{\"S\":\"x\"},\(values.joined(separator: ","))}")
        let expected = try KeyCondition(parsing: Array("p = :p AND \(expression)".utf8), attributes: &attributes)
        for conditions in [[try string("p", .equal, "x"), sort], [sort, try string("p", .equal, "x")]] {
            #expect(try KeyCondition(conditions).range(in: schema) == expected.range(in: schema))
        }
    }

    @Test func onePartitionIsEnough() throws {
        let range = try KeyCondition([string("p", .equal, "x")]).range(in: schema)
        #expect(range == KeyRange(partitionKey: .string("x"), sortKeys: SortKeyRange()))
        #expect(try KeyCondition([string("p", .equal, "x")]).range(in: single) == range)
    }

    @Test func refusesOtherCounts() throws {
        let message = "Conditions can be of length 1 or 2 only"
        #expect(refusal([], schema) == message)
        let three = try ["p", "s", "t"].map { try string($0, .equal, "x") }
        #expect(refusal(three, schema) == message)
    }

    @Test(
        arguments: [
            (.notExists, []), (.exists, []), (.notEqual, ["x"]), (.contains, ["x"]), (.notContains, ["x"]),
            (.membership, ["x"]),
        ] as [(LegacyComparison, [String])]
    )
    func refusesWhatNoKeyIsLookedUpBy(comparison: LegacyComparison, texts: [String]) throws {
        let message = "Attempted conditional constraint is not an indexable operation"
        let values = texts.map { AttributeValue.string($0) }
        #expect(refusal([try LegacyCondition("p", comparison, values)], schema) == message)
        let sort = try LegacyCondition("s", comparison, values)
        #expect(refusal([try string("p", .equal, "x"), sort], schema) == message)
        // The missing partition key is found first.
        #expect(refusal([sort], schema) == "Query condition missed key schema element: p")
        #expect(refusal([sort, sort], single) == "Query key condition not supported")
    }

    @Test(arguments: [LegacyComparison.less, .lessOrEqual, .greater, .greaterOrEqual, .beginsWith])
    func partitionsAreNoRanges(comparison: LegacyComparison) throws {
        #expect(refusal([try string("p", comparison, "x")], schema) == "Query key condition not supported")
    }

    @Test func refusesWrongAttributesAndTypes() throws {
        let partition = try string("p", .equal, "x")
        let number = try LegacyCondition("p", .equal, [.number(Number(1))])
        let mismatch =
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        #expect(refusal([try string("a", .equal, "x")], schema) == "Query condition missed key schema element: p")
        #expect(
            refusal([partition, try string("a", .equal, "x")], schema) == "Query condition missed key schema element: s"
        )
        #expect(refusal([partition, try string("a", .equal, "x")], single) == "Query key condition not supported")
        #expect(refusal([number], schema) == mismatch)
        #expect(refusal([try LegacyCondition("p", .less, [.number(Number(1))])], schema) == mismatch)
        #expect(refusal([partition, try LegacyCondition("s", .equal, [.number(Number(1))])], schema) == mismatch)
    }
}
