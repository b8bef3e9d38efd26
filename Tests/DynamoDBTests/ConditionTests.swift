import Testing

@testable import DynamoDB

@Suite struct ConditionTests {
    private static let values = """
        {":n":{"N":"5"},":m":{"N":"7"},":s":{"S":"ab"},":t":{"S":"b"},":b":{"B":"YWI="},":l":{"L":[{"N":"1"}]},
        ":bool":{"BOOL":true},":null":{"NULL":true},":ss":{"SS":["a","b"]},":map":{"M":{"k":{"S":"v"}}},":one":{"N":"1"},
        ":S":{"S":"S"},":N":{"S":"N"},":SS":{"S":"SS"},":e":{"S":""}}
        """
    private static let subject = """
        {"n":{"N":"5.0"},"s":{"S":"abc"},"b":{"B":"YWJj"},"l":{"L":[{"N":"1"},{"S":"x"},{"M":{"k":{"S":"v"}}}]},
        "m":{"M":{"k":{"S":"v"},"deep":{"M":{"n":{"N":"5"}}}}},"ss":{"SS":["b","a"]},"ns":{"NS":["1","2.0"]},
        "bs":{"BS":["YWI="]},"yes":{"BOOL":true},"nil":{"NULL":true},"blank":{"S":""},"wide":{"S":"é𝄞"}}
        """

    private func condition(_ expression: String, names: String = "", values: String = values) throws -> Condition {
        var attributes = try attributes(names: names, values: values)
        return try Condition(parsing: Array(expression.utf8), attributes: &attributes)
    }

    @Test(
        arguments: [
            ("n = :n", true), ("n <> :n", false), ("n < :m", true), ("n <= :n", true), ("n > :m", false),
            (":m >= n", true),
            ("s = :s", false), ("s > :s", true), ("b > :b", true), ("s > :n", false), ("s <= :n", false),
            ("s <> :n", true),
            ("ss = :ss", true), ("m.k = :t", false), ("m = :map", false), ("l[2] = :map", true), ("l[0] = :one", true),
            ("yes = :bool", true), ("nil = :null", true), ("nil = :bool", false),
            ("gone = :n", false), ("gone <> :n", true), ("gone < :n", false), ("gone = away", false),
            ("gone <> away", true), ("not gone < :n", true),
            ("n between :one and :m", true), ("n between :m and :m", false), ("gone between :one and :m", false),
            ("s between :one and :m", false), (":n between n and :m", true), ("n between gone and :m", false),
            ("n in (:m, :n)", true), ("n in (:m)", false), ("gone in (gone)", false), ("l[0] in (n, :one)", true),
            ("attribute_exists(m.k)", true), ("attribute_exists(m.x)", false), ("attribute_exists(l[3])", false),
            ("attribute_exists(l.k)", false), ("attribute_exists(m[0])", false), ("attribute_not_exists(gone)", true),
            ("attribute_not_exists(n)", false), ("attribute_exists(m.deep.n)", true), ("attribute_exists(nil)", true),
            ("attribute_type(s, :S)", true), ("attribute_type(s, :N)", false), ("attribute_type(ss, :SS)", true),
            ("attribute_type(gone, :S)", false),
            ("begins_with(s, :s)", true), ("begins_with(b, :b)", true), ("begins_with(s, :b)", false),
            ("begins_with(n, :s)", false), ("begins_with(gone, :s)", false), ("begins_with(s, :e)", true),
            ("begins_with(:s, s)", false),
            ("contains(s, :t)", true), ("contains(s, :e)", true), ("contains(ss, :t)", true),
            ("contains(ss, :s)", false),
            ("contains(ns, :one)", true), ("contains(ns, :n)", false), ("contains(bs, :b)", true),
            ("contains(b, :b)", true),
            ("contains(l, :one)", true), ("contains(l, :map)", true), ("contains(l, :n)", false),
            ("contains(s, :n)", false),
            ("contains(m, :t)", false), ("contains(gone, :t)", false), ("contains(blank, :t)", false),
            ("size(s) = size(l)", true), ("size(b) > :one", true), ("size(m) < :m", true), ("size(ns) < size(l)", true),
            ("size(n) = :one", false), ("size(gone) = :one", false), ("size(:ss) < :n", true),
            ("size(blank) < :one", true), ("size(wide) = size(l)", true),
            ("n = :n and s = :s", false), ("n = :n or s = :s", true), ("not n = :n or n = :n", true),
            ("not (n = :n or n = :n)", false), ("n = :m or n = :n and s = :s", false), ("not not n = :n", true),
            ("(n = :m or n = :n) and s <> :s", true), ("(n) = (:n)", true), ("(size(s)) > (:one)", true),
            ("(attribute_exists(n)) AND (s > :s)", true), ("(n = :n AND (s > :s))", true), ("((n) = :n)", true),
            ("n=:n AND(s<>:s)OR(n=:m)", true),
        ]
    )
    func evaluates(expression: String, expected: Bool) throws {
        #expect(try condition(expression).evaluate(item(Self.subject)) == expected)
    }

    @Test(
        arguments: [
            ("", "The expression can not be empty;"),
            ("whatever", #"Syntax error; token: "<EOF>", near: "whatever""#),
            ("a > 4", #"Syntax error; token: "4", near: "> 4""#),
            ("a == :n", #"Syntax error; token: "=", near: "== :n""#),
            ("a = :n and", #"Syntax error; token: "<EOF>", near: "and""#),
            ("a = :n b", #"Syntax error; token: "b", near: ":n b""#),
            ("a and b = :n", #"Syntax error; token: "and", near: "a and b""#),
            ("(size(a))[0] > a", #"Syntax error; token: "[", near: ")[0""#),
            ("(a = :n", #"Syntax error; token: "<EOF>", near: ":n""#),
            ("a in :n", #"Syntax error; token: ":n", near: "in :n""#),
            ("a in ()", #"Syntax error; token: ")", near: "()""#),
            ("a between :n or :m", #"Syntax error; token: "or", near: ":n or :m""#),
            ("a = :n $ b", #"Syntax error; token: "$", near: ":n $ b""#),
            ("not a", #"Syntax error; token: "<EOF>", near: "a""#),
            ("((a = :n))", "The expression has redundant parentheses;"),
            ("((a)) = :n", "The expression has redundant parentheses;"),
            ("a = ((:n))", "The expression has redundant parentheses;"),
            ("a = :n and ((b = :n))", "The expression has redundant parentheses;"),
            ("attribute_exist(a)", "Invalid function name; function: attribute_exist"),
            ("ATTRIBUTE_EXISTS(a)", "Invalid function name; function: ATTRIBUTE_EXISTS"),
            (
                "if_not_exists(a, :n)",
                "The function is not allowed in a condition expression; function: if_not_exists"
            ),
            ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
            ("not size(a)", "The function is not allowed to be used this way in an expression; function: size"),
            (
                "begins_with(a, :s) = :n",
                "The function is not allowed to be used this way in an expression; function: begins_with"
            ),
            (
                "contains(a, attribute_exists(b))",
                "The function is not allowed to be used this way in an expression; function: attribute_exists"
            ),
            ("abort = :n", "Attribute name is a reserved keyword; reserved keyword: abort"),
            ("a.Name = :undefined", "Attribute name is a reserved keyword; reserved keyword: Name"),
            ("a[99999999999] = :n", "List index is not within the allowable range; index: [99999999999]"),
            (
                "#x = :n",
                "An expression attribute name used in the document path is not defined; attribute name: #x"
            ),
            ("a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
            (
                "size(a, b) = :n",
                "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"
            ),
            (
                "begins_with(a)",
                "Incorrect number of operands for operator or function; "
                    + "operator or function: begins_with, number of operands: 1"
            ),
            (
                "attribute_exists(a, b)",
                "Incorrect number of operands for operator or function; "
                    + "operator or function: attribute_exists, number of operands: 2"
            ),
            (
                "contains(a.b[1], a.b[1])",
                "The first operand must be distinct from the remaining operands for this operator or function; "
                    + "operator: contains, first operand: [a, b, [1]]"
            ),
            (
                "a >= a",
                "The first operand must be distinct from the remaining operands for this operator or function; "
                    + "operator: >=, first operand: [a]"
            ),
            (
                "attribute_exists(:n)",
                "Operator or function requires a document path; operator or function: attribute_exists"
            ),
            (
                "attribute_not_exists(size(a))",
                "Operator or function requires a document path; operator or function: attribute_not_exists"
            ),
            (
                "begins_with(a, :n)",
                "Incorrect operand type for operator or function; "
                    + "operator or function: begins_with, operand type: N"
            ),
            (
                "begins_with(a, size(b))",
                "Incorrect operand type for operator or function; "
                    + "operator or function: begins_with, operand type: N"
            ),
            (
                "size(:n) = :n",
                "Incorrect operand type for operator or function; operator or function: size, operand type: N"
            ),
            (
                "attribute_type(a, :n)",
                "Incorrect operand type for operator or function; "
                    + "operator or function: attribute_type, operand type: N"
            ),
            (
                "attribute_type(a, b)",
                "Incorrect operand type for operator or function; "
                    + "operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
            ),
            (
                "attribute_type(a, :s)",
                "Invalid attribute type name found; type: ab, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
            (
                "a < :bool",
                "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
            ),
            (
                "a between :l and :l",
                "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"
            ),
            (
                "a between :n and :s",
                "The BETWEEN operator requires same data type for lower and upper bounds; "
                    + "lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:ab}"
            ),
            (
                "a between :t and :s",
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                    + "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:ab}"
            ),
        ] as [(String, String)]
    )
    func refuses(expression: String, message: String) {
        let wanted = "Invalid ConditionExpression: " + message
        #expect(failure { _ = try condition(expression) } == wanted)
    }

    @Test func limits() {
        let list = { (count: Int) in "a in (" + Array(repeating: ":n", count: count).joined(separator: ",") + ")" }
        #expect(failure { _ = try condition(list(100)) } == nil)
        #expect(
            failure { _ = try condition(list(101)) }
                == "Invalid ConditionExpression: "
                + "The IN operator is provided with too many operands; number of operands: 101"
        )
        // n comparisons and n - 1 ORs.
        let chain = { (count: Int) in Array(repeating: "a=:n", count: count).joined(separator: " or ") }
        #expect(failure { _ = try condition(chain(150)) } == nil)
        #expect(
            failure { _ = try condition(chain(151)) }
                == "Invalid ConditionExpression: The expression contains too many operators; operator count: 301"
        )
        let long = "a = :n" + String(repeating: " ", count: 4091)
        #expect(
            failure { _ = try condition(long) }
                == "Invalid ConditionExpression: "
                + "Expression size has exceeded the maximum allowed size; expression size: 4097"
        )
        #expect(failure { _ = try condition(String(long.dropLast())) } == nil)
        for deep in [
            String(repeating: "(", count: 4096), String(repeating: "not ", count: 1024),
            String(repeating: "size(", count: 800), "a = " + String(repeating: "(", count: 4000),
            String(repeating: "a = :n and (", count: 140),
        ] {
            #expect(failure { _ = try condition(deep) } != nil)
        }
    }

    @Test func filterNamesItself() throws {
        var attributes = try attributes()
        #expect(
            failure { _ = try Condition(parsing: Array("a = :v".utf8), as: .filter, attributes: &attributes) }
                == "Invalid FilterExpression: "
                + "An expression attribute value used in expression is not defined; attribute value: :v"
        )
    }

    @Test(
        arguments: [
            ("", "{}", "ExpressionAttributeValues must not be empty"),
            ("", #"{"a":{"S":"a"}}"#, #"ExpressionAttributeValues contains invalid key: Syntax error; key: "a""#),
            (
                "", #"{":b":{"a":""},"b":{"S":"a"}}"#,
                #"ExpressionAttributeValues contains invalid key: Syntax error; key: "b""#
            ),
            (
                "", #"{":b":{"SS":[]}}"#,
                "ExpressionAttributeValues contains invalid value: "
                    + "One or more parameter values were invalid: An string set  may not be empty for key :b"
            ),
            ("{}", "", "ExpressionAttributeNames must not be empty"),
            (
                "", #"{":b":{"N":1}}"#,
                #"serialization(DynamoDB.RequestError.wrongType(message: "NUMBER_VALUE cannot be converted to String"))"#
            ),
        ] as [(String, String, String)]
    )
    func refusesSubstitutes(names: String, values: String, message: String) {
        #expect(failure { _ = try attributes(names: names, values: values) }?.hasSuffix(message) == true)
    }

    /// However deep it goes: paritysuite/dynamodb-conformance and scylladb's test_condition_expression.py, which ran
    /// against the service.
    @Test(
        arguments: [
            ("not ", "", 300, nil), ("not ", "", 1000, "too many operators; operator count: 301"),
            ("(", ")", 3, "redundant parentheses;"), ("(", ")", 1000, "redundant parentheses;"),
            ("(not ", ")", 300, nil), ("(not ", ")", 600, "too many operators; operator count: 301"),
        ] as [(String, String, Int, String?)]
    )
    func deepConditions(open: String, close: String, levels: Int, message: String?) {
        let text = String(repeating: open, count: levels - 1) + "a = :n" + String(repeating: close, count: levels - 1)
        let failure = failure { _ = try condition(text) }
        #expect(
            failure
                == message.map {
                    "Invalid ConditionExpression: The expression \($0.hasPrefix("red") ? "has" : "contains") \($0)"
                }
        )
    }

    @Test func lengthsOfSubstitutes() {
        let key = { (count: Int) in #"{":"# + String(repeating: "k", count: count - 1) + #"":{"S":""}}"# }
        #expect(failure { _ = try attributes(values: key(255)) } == nil)
        #expect(
            failure { _ = try attributes(values: key(256)) }
                == "ExpressionAttributeValues contains invalid key: "
                + "The expression attribute map contains a key that is too long;"
        )
        let long = #"{":v":{"S":""# + String(repeating: "x", count: 2 << 20) + #""}}"#
        #expect(failure { _ = try attributes(values: long) } == "ExpressionAttributeValues exceeds max size")
    }

    @Test func unusedSubstitutes() throws {
        var used = try attributes(names: ##"{"#a":"a","#b":"b"}"##, values: #"{":a":{"S":"a"},":b":{"S":"b"}}"#)
        _ = try Condition(parsing: Array("#a = :a".utf8), attributes: &used)
        #expect(
            failure { try used.checkAllUsed() }
                == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
        )
        _ = try Condition(parsing: Array("attribute_exists(#b)".utf8), attributes: &used)
        #expect(
            failure { try used.checkAllUsed() }
                == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"
        )
        _ = try Condition(parsing: Array("a = :b".utf8), attributes: &used)
        #expect(failure { try used.checkAllUsed() } == nil)
    }

    @Test func randomTextEnds() {
        let words = [
            "a", "#n", ":n", "(", ")", "and", "or", "not", "=", "<", "in", "between", ",", "size", ".", "[", "0", "]",
        ]
        var random = SplitMix(state: 31)
        for _ in 0..<5000 {
            let count = Int.random(in: 1...12, using: &random)
            let expression = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
            let message = failure { _ = try condition(expression.joined(separator: " ")) }
            #expect(message?.hasPrefix("Invalid ConditionExpression: ") != false)
        }
    }

    /// Random conditions, written out in full parentheses or in none that precedence makes needless, mean the same as
    /// a model evaluated beside them.
    @Test func randomConditionsAgainstAModel() throws {
        var random = SplitMix(state: 32)
        for _ in 0..<1000 {
            let (expression, expected) = Self.randomCondition(depth: 4, &random)
            #expect(try condition(expression).evaluate(item(Self.subject)) == expected, "\(expression)")
        }
    }

    private static func randomCondition(depth: Int, _ random: inout SplitMix) -> (String, Bool) {
        let leaves = [("n = :n", true), ("n = :m", false), ("attribute_exists(s)", true), ("s < :s", false)]
        guard depth > 0 else { return leaves[Int.random(in: 0..<4, using: &random)] }
        switch Int.random(in: 0...3, using: &random) {
        case 0:
            let (text, value) = randomCondition(depth: depth - 1, &random)
            return ("NOT (\(text))", !value)
        case 1:
            let (one, other) = (randomCondition(depth: depth - 1, &random), randomCondition(depth: depth - 1, &random))
            return ("(\(one.0)) AND (\(other.0))", one.1 && other.1)
        case 2:
            let (one, other) = (randomCondition(depth: depth - 1, &random), randomCondition(depth: depth - 1, &random))
            return ("\(one.0) OR \(other.0)", one.1 || other.1)
        default:
            return leaves[Int.random(in: 0..<4, using: &random)]
        }
    }
}
