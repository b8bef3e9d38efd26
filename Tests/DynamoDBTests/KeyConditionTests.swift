import Testing

@testable import DynamoDB

@Suite struct KeyConditionTests {
    private static let values = """
        {":a":{"S":"a"},":b":{"S":"b"},":z":{"S":"z"},":e":{"S":""},":n":{"N":"1"},":m":{"N":"10"},":t":{"S":"S"}}
        """
    private let strings = KeySchema(
        partitionKey: .init(name: "p", type: .string),
        sortKey: .init(name: "s", type: .string)
    )
    private let numbers = KeySchema(
        partitionKey: .init(name: "p", type: .string),
        sortKey: .init(name: "s", type: .number)
    )
    private let single = KeySchema(partitionKey: .init(name: "p", type: .string))

    private func range(_ expression: String, _ schema: KeySchema) throws -> KeyRange {
        var attributes = try attributes(names: ##"{"#p":"p"}"##, values: Self.values)
        return try KeyCondition(parsing: Array(expression.utf8), attributes: &attributes).range(in: schema)
    }

    @Test(
        arguments: [
            ("p = :a", "", "Zabz"), (":a = p", "", "Zabz"), ("#p = :a and s = :b", "", "b"),
            ("s = :b AND p = :a", "", "b"),
            ("p = :a and s < :b", "", "Za"), ("p = :a and s <= :b", "", "Zab"), ("p = :a and s > :b", "", "z"),
            ("p = :a and s >= :b", "", "bz"), ("p = :a and :b <= s", "", "bz"), ("p = :a and :b > s", "", "Za"),
            ("p = :a and s between :a and :b", "", "ab"), ("(p = :a) and (s = :z)", "", "z"),
            ("(p = :a and s = :z)", "", "z"),
            ("(p = :a and (begins_with(s, :a)))", "", "a"), ("p = :a and begins_with(s, :e)", "", "Zabz"),
        ] as [(String, String, String)]
    )
    func selects(expression: String, _: String, keys: String) throws {
        let range = try range(expression, strings)
        #expect(range.partitionKey == .string("a"))
        #expect(text("Zabz".utf8.filter { range.sortKeys.contains([$0]) }) == keys)
    }

    @Test func numbersCompareByValue() throws {
        let keys = ["-20", "0.5", "1", "2", "9.99", "10", "1E2"].map { (text: $0, key: key($0)) }
        let between = try range("p = :a and s between :n and :m", numbers).sortKeys
        #expect(keys.filter { between.contains($0.key) }.map(\.text) == ["1", "2", "9.99", "10"])
        let greater = try range("p = :a and s > :n", numbers).sortKeys
        #expect(keys.filter { greater.contains($0.key) }.map(\.text) == ["2", "9.99", "10", "1E2"])
    }

    private func key(_ number: String) -> [UInt8] {
        (try? Number(number.utf8)).flatMap { AttributeValue.number($0).sortKey } ?? []
    }

    @Test func prefixesEndBeforeTheirSuccessor() {
        var values = RandomValues(seed: 41)
        for _ in 0..<500 {
            let (prefix, key) = (values.bytes(), values.bytes())
            #expect(SortKeyRange(.beginsWith(.binary(prefix))).contains(key) == key.starts(with: prefix))
        }
    }

    @Test(
        arguments: [
            ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
            ("((p = :a))", "Invalid KeyConditionExpression: The expression has redundant parentheses;"),
            ("p > b and size(b) > c or p > c", "Invalid operator used in KeyConditionExpression: OR"),
            ("p in (b, size(c), d)", "Invalid operator used in KeyConditionExpression: IN"),
            ("attribute_exists(p)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
            ("attribute_not_exists(p)", "Invalid operator used in KeyConditionExpression: attribute_not_exists"),
            ("attribute_type(p, :t)", "Invalid operator used in KeyConditionExpression: attribute_type"),
            ("contains(p.d, b)", "Invalid operator used in KeyConditionExpression: contains"),
            ("not p > b", "Invalid operator used in KeyConditionExpression: NOT"),
            ("p <> b", "Invalid operator used in KeyConditionExpression: <>"),
            (
                ":a between size(b) and size(p) and b > :b",
                "Invalid condition in KeyConditionExpression: "
                    + "BETWEEN operator must have the key attribute as its first operand"
            ),
            (
                "begins_with(:a, b) and p > :b",
                "Invalid condition in KeyConditionExpression: "
                    + "begins_with operator must have the key attribute as its first operand"
            ),
            ("size(b) > p AND p.b > b AND b > c", "KeyConditionExpressions cannot contain nested operations"),
            ("p > size(b.d)", "KeyConditionExpressions cannot contain nested operations"),
            ("p between size(b) and size(p)", "KeyConditionExpressions cannot contain nested operations"),
            (
                "b > p.b",
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
            ),
            (
                "begins_with(p, b)",
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
            ),
            ("b.d > p AND c.d > e.f", "KeyConditionExpressions cannot have conditions on nested attributes"),
            ("p[0] > :a", "KeyConditionExpressions cannot have conditions on nested attributes"),
            (":b > :a AND p < :b", "Invalid condition in KeyConditionExpression: No key attribute specified"),
            (
                "(p > :a and b > :b) and (b > :b and c > :a)",
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
            ),
            (
                "p = :a and s = :a and c = :a",
                "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"
            ),
            ("s = :a", "Query condition missed key schema element: p"),
            ("attr1 = :a", "Query condition missed key schema element: p"),
            ("p = :a and c = :a", "Query condition missed key schema element: s"),
            ("p > :a", "Query key condition not supported"),
            ("begins_with(p, :a) and s = :a", "Query key condition not supported"),
            (
                "p = :n",
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            ),
            (
                "p = :a and s = :n",
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            ),
        ] as [(String, String)]
    )
    func refuses(expression: String, message: String) {
        #expect(failure { _ = try range(expression, strings) } == message)
    }

    @Test func aTableWithoutSortKeyTakesNoSecondCondition() {
        #expect(failure { _ = try range("p = :a and s = :a", single) } == "Query key condition not supported")
        #expect(failure { _ = try range("p = :a", single) } == nil)
    }
}
