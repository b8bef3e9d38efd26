import Testing

@testable import DynamoDB

@Suite struct UpdateTests {
    private static let values = """
        {":n":{"N":"5"},":s":{"S":"x"},":t":{"S":"y"},":b":{"B":"YQ=="},":bool":{"BOOL":true},":null":{"NULL":true},
        ":l":{"L":[{"S":"x"}]},":m":{"M":{}},":ss":{"SS":["a","z"]},":ns":{"NS":["1"]},":bs":{"BS":["YQ=="]},
        ":huge":{"N":"9E125"}}
        """
    private static let subject = """
        {"p":{"S":"key"},"n":{"N":"10"},"s":{"S":"old"},"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]},
        "m":{"M":{"k":{"N":"1"},"l":{"L":[{"N":"1"},{"M":{"x":{"S":"in"}}}]}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]}}
        """
    private static let names = ##"{"#c":"c","#d":"[3]"}"##

    private func update(_ expression: String, names: String = names, values: String = values) throws -> Update {
        var attributes = try attributes(names: names, values: values)
        return try Update(parsing: Array(expression.utf8), attributes: &attributes)
    }

    /// Expected are the attributes that changed; null for those that are gone.
    @Test(
        arguments: [
            ("set a = :n", #"{"a":{"N":"5"}}"#), ("SET a = n + :n, b = n - :n", #"{"a":{"N":"15"},"b":{"N":"5"}}"#),
            ("set n = n + n", #"{"n":{"N":"20"}}"#), ("set a = (n + (:n))", #"{"a":{"N":"15"}}"#),
            ("set a = ((m.k)-(n))", #"{"a":{"N":"-9"}}"#), ("set s = n, n = s", #"{"s":{"N":"10"},"n":{"S":"old"}}"#),
            ("set a = if_not_exists(a, :n), n = if_not_exists(n, :n)", #"{"a":{"N":"5"}}"#),
            ("set a = if_not_exists(b, if_not_exists(m.k, :n)) + :n", #"{"a":{"N":"6"}}"#),
            ("set n = if_not_exists(gone, s)", #"{"n":{"S":"old"}}"#),
            ("set a = list_append(:l, l)", #"{"a":{"L":[{"S":"x"},{"S":"0"},{"S":"1"},{"S":"2"}]}}"#),
            ("set a = list_append(if_not_exists(a, :l), :l)", #"{"a":{"L":[{"S":"x"},{"S":"x"}]}}"#),
            ("set l[1] = :s", #"{"l":{"L":[{"S":"0"},{"S":"x"},{"S":"2"}]}}"#),
            ("set l[9] = :s, l[7] = :t", #"{"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"},{"S":"y"},{"S":"x"}]}}"#),
            ("remove l[0], l[2], l[5]", #"{"l":{"L":[{"S":"1"}]}}"#),
            ("remove l[0] set l[1] = :s, l[3] = l[0]", #"{"l":{"L":[{"S":"x"},{"S":"2"},{"S":"0"}]}}"#),
            ("remove s, gone, m.gone", #"{"s":null}"#),
            (
                "set m.later = :s remove m.k",
                #"{"m":{"M":{"l":{"L":[{"N":"1"},{"M":{"x":{"S":"in"}}}]},"later":{"S":"x"}}}}"#
            ),
            (
                "set m.l[1].x = :n, m.l[0] = m.l[1].x",
                #"{"m":{"M":{"k":{"N":"1"},"l":{"L":[{"S":"in"},{"M":{"x":{"N":"5"}}}]}}}}"#
            ),
            (
                "add n :n, a :n, m.k :n",
                #"{"n":{"N":"15"},"a":{"N":"5"},"m":{"M":{"k":{"N":"6"},"l":{"L":[{"N":"1"},{"M":{"x":{"S":"in"}}}]}}}}"#
            ),
            ("add ss :ss, a :ss", #"{"ss":{"SS":["a","b","z"]},"a":{"SS":["a","z"]}}"#), ("add ns :ns", "{}"),
            ("add l[9] :n", #"{"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"},{"N":"5"}]}}"#),
            ("delete ss :ss, gone :ns", #"{"ss":{"SS":["b"]}}"#), ("delete ns :ns", #"{"ns":{"NS":["2"]}}"#),
            (
                "REMOVE s SET a = s ADD n :n DELETE ss :ss",
                #"{"s":null,"a":{"S":"old"},"n":{"N":"15"},"ss":{"SS":["b"]}}"#
            ),
        ] as [(String, String)]
    )
    func applies(expression: String, changes: String) throws {
        var expected = try item(Self.subject)
        for name in ["s"] where changes.contains("\"\(name)\":null") { expected[name] = nil }
        for attribute in try item(changes.replacing(#""s":null,"#, with: "").replacing(#""s":null"#, with: ""))
            .attributes
        {
            expected[attribute.name] = attribute.value
        }
        #expect(try json(update(expression).apply(to: item(Self.subject))) == json(expected))
    }

    /// Before it takes memory many times the size of an item.
    @Test func appendedListsOfMoreThanAnItem() throws {
        let update = try update("set a = list_append(l, l), b = list_append(l, l)")
        let message = "Item size to update has exceeded the maximum allowed size"
        var item = Item()
        item["l"] = .list(Array(repeating: .null, count: 102_000))
        #expect(failure { _ = try update.apply(to: item) } == message)
        item["l"] = .list(Array(repeating: .null, count: 51_000))
        #expect(try update.apply(to: item).count == 3)
    }

    @Test func namesBeforeBetweenAndBehind() throws {
        let updated = try update("set c = :n, e = :n, z = :n remove d, h add a :n, f :n")
            .apply(to: item(#"{"b":{"N":"1"},"d":{"N":"1"},"e":{"N":"1"},"f":{"N":"1"},"x":{"N":"1"}}"#))
        let five: AttributeValue = .number(Number(5))
        let expected: Item = [
            "a": five, "b": .number(Number(1)), "c": five, "e": five, "f": .number(Number(6)), "x": .number(Number(1)),
            "z": five,
        ]
        #expect(updated == expected)
    }

    @Test func aSetWithoutElementsIsGone() throws {
        let update = try update("delete ns :ns")
        #expect(try update.apply(to: item(#"{"ns":{"NS":["1"]}}"#)).isEmpty)
    }

    @Test(
        arguments: [
            ("set a = gone", "The provided expression refers to an attribute that does not exist in the item"),
            ("set a = gone + :n", "The provided expression refers to an attribute that does not exist in the item"),
            (
                "set a = list_append(gone, l)",
                "The provided expression refers to an attribute that does not exist in the item"
            ),
            ("set a = s + :n", "An operand in the update expression has an incorrect data type"),
            ("set a = list_append(l, n)", "An operand in the update expression has an incorrect data type"),
            ("add s :n", "An operand in the update expression has an incorrect data type"),
            ("add ns :ss", "An operand in the update expression has an incorrect data type"),
            ("delete n :ns", "An operand in the update expression has an incorrect data type"),
            ("set gone.x = :n", "The document path provided in the update expression is invalid for update"),
            ("set l.x = :n", "The document path provided in the update expression is invalid for update"),
            ("set m[0] = :n", "The document path provided in the update expression is invalid for update"),
            ("set s.x = :n", "The document path provided in the update expression is invalid for update"),
            ("set l[9].x = :n", "The document path provided in the update expression is invalid for update"),
            ("remove gone.x", "The document path provided in the update expression is invalid for update"),
            ("add gone.x :n", "The document path provided in the update expression is invalid for update"),
            (
                "set a = :huge + :huge",
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
            (
                "add n :huge",
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
        ] as [(String, String)]
    )
    func cannotApply(expression: String, message: String) {
        #expect(failure { _ = try update(expression).apply(to: item(Self.subject)) } == message)
    }

    @Test(
        arguments: [
            "whatever", "set a", "add a", "delete a", "set a=set", "remove a = b", "add a = b", "delete a = b",
            "delete a b", "delete a if_not_exist(b)", "add abort b", "add a if_not_exist(b)", "remove a b", "set a b",
            "set :a = b", "add :a b", "delete :a b", "remove :a", "set a = b / c", "set a = b * c",
            "set a[1] = \"eight\"",
            "set a[1] = 1", "SET a = if_not_exist(a, 100)", "SET if_not_exist(a, b) = a", "set (a = (b + c))",
            "set a = (b.c).d + e", "set a = (b.c)[0] + e", "set a = b + c + d", "set a = (b + c) + d",
            "set a = b + (c + d)",
            "set a = if_not_exists(c, :n+:n)", "set a = _f(b)", " ", "set a = b,", "a = b",
        ]
    )
    func syntaxErrors(expression: String) {
        #expect(failure { _ = try update(expression) }?.hasPrefix("Invalid UpdateExpression: Syntax error; ") == true)
    }

    @Test(
        arguments: [
            ("", "The expression can not be empty;"),
            ("INVALID SYNTAX HERE", #"Syntax error; token: "INVALID", near: "INVALID SYNTAX""#),
            ("set a = ((b))", "The expression has redundant parentheses;"),
            (" set #x = :x set abOrt = b ", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
            ("set #x = if_not_exist(:x) set c = d", "Invalid function name; function: if_not_exist"),
            ("set a = LIST_APPEND(b, c)", "Invalid function name; function: LIST_APPEND"),
            ("set a = size(b)", "The function is not allowed in an update expression; function: size"),
            (
                "set a = list_append(list_append(b, c), d)",
                "The function is not allowed to be used this way in an expression; function: list_append"
            ),
            ("set a = #x set c = :x", #"The "SET" section can only be used once in an update expression;"#),
            ("add #x :x set a = b add e :f", #"The "ADD" section can only be used once in an update expression;"#),
            ("remove #x set a = b remove e", #"The "REMOVE" section can only be used once in an update expression;"#),
            (
                "SET #x = if_not_exists(:x)",
                "An expression attribute name used in the document path is not defined; attribute name: #x"
            ),
            (
                "SET c = if_not_exists(:x)",
                "An expression attribute value used in expression is not defined; attribute value: :x"
            ),
            (
                "set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)",
                "Two document paths overlap with each other; "
                    + "must remove or rewrite one of these paths; path one: [c, [1], a], path two: [c]"
            ),
            (
                "set #c[3].#d = a, #c[3] = a",
                "Two document paths overlap with each other; "
                    + "must remove or rewrite one of these paths; path one: [c, [3], [3]], path two: [c, [3]]"
            ),
            (
                "set a = :s, a = :t",
                "Two document paths overlap with each other; "
                    + "must remove or rewrite one of these paths; path one: [a], path two: [a]"
            ),
            (
                "set #c[3].#d = a, #c.#d[3] = if_not_exists(a)",
                "Two document paths conflict with each other; "
                    + "must remove or rewrite one of these paths; path one: [c, [3], [3]], path two: [c, [3], [3]]"
            ),
            (
                "remove a.#c set a[1] = #d",
                "Two document paths conflict with each other; "
                    + "must remove or rewrite one of these paths; path one: [a, c], path two: [a, [1]]"
            ),
            (
                "set a = if_not_exists(c)",
                "Incorrect number of operands for operator or function; "
                    + "operator or function: if_not_exists, number of operands: 1"
            ),
            (
                "set a = list_append(c, d, e)",
                "Incorrect number of operands for operator or function; "
                    + "operator or function: list_append, number of operands: 3"
            ),
            (
                "set a = if_not_exists(:s, c)",
                "Operator or function requires a document path; operator or function: if_not_exists"
            ),
            (
                "set a = if_not_exists(if_not_exists(a, b), c)",
                "Operator or function requires a document path; operator or function: if_not_exists"
            ),
        ] as [(String, String)]
    )
    func refuses(expression: String, message: String) {
        #expect(failure { _ = try update(expression) } == "Invalid UpdateExpression: " + message)
    }

    @Test(
        arguments: [
            ("set a = list_append(:s, a)", "list_append", "S"), ("set a = list_append(a, :n)", "list_append", "N"),
            ("set a = list_append(:ss, a)", "list_append", "SS"), ("set a = list_append(:m, a)", "list_append", "M"),
            ("set a = a + :s", "+", "S"), ("set a = :b + a", "+", "B"), ("set a = a + :bool", "+", "BOOL"),
            ("set a = a - :null", "-", "NULL"), ("set a = a - :l", "-", "L"), ("set a = :s - :b", "-", "S"),
        ] as [(String, String, String)]
    )
    func refusesOperandTypes(expression: String, function: String, type: String) {
        #expect(
            failure { _ = try update(expression) }
                == "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                + "operator or function: \(function), operand type: \(type)"
        )
    }

    @Test(
        arguments: [
            ("set b = list_append(:s, a), c = if_not_exists(a) add a.b :s", "ADD", "STRING"),
            ("delete a :s", "DELETE", "STRING"), ("add a :null", "ADD", "NULL"), ("add a :bool", "ADD", "BOOL"),
            ("delete a :b", "DELETE", "BINARY"), ("add a :m", "ADD", "MAP"), ("add a :l", "ADD", "LIST"),
            ("delete a :n", "DELETE", "NUMBER"),
        ] as [(String, String, String)]
    )
    func refusesOperandsOfAddAndDelete(expression: String, keyword: String, type: String) {
        #expect(
            failure { _ = try update(expression) }
                == "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                + "operator: \(keyword), operand type: \(type), typeSet: ALLOWED_FOR_ADD_OPERAND"
        )
    }

    @Test func depth() throws {
        let deep = (0..<31).reduce(AttributeValue.string("x")) { value, _ in .map(["n": value]) }
        var output: [UInt8] = []
        deep.append(to: &output)
        let values = #"{":v":"# + text(output) + "}"
        #expect(failure { _ = try update("set a = :v", values: values).apply(to: [:]) } == nil)
        #expect(
            failure { _ = try update("set m.x = :v", values: values).apply(to: item(Self.subject)) }
                == AttributeValue.depthMessage
        )
    }

    @Test func updatedPaths() throws {
        let update = try update("set m.l[1].x = :n, a = :s, l[9] = :t remove s, m.k")
        let old = try item(Self.subject)
        let new = try update.apply(to: old)
        #expect(
            json(old.projected(by: update.projection))
                == #"{"m":{"M":{"k":{"N":"1"},"l":{"L":[{"M":{"x":{"S":"in"}}}]}}},"s":{"S":"old"}}"#
        )
        #expect(
            json(new.projected(by: update.projection))
                == #"{"a":{"S":"x"},"m":{"M":{"l":{"L":[{"M":{"x":{"N":"5"}}}]}}}}"#
        )
        #expect(update.attributeNames.map { text($0) } == ["m", "a", "l", "s", "m"])
    }

    /// The typed projection takes what the one of the hit path takes of the same item's JSON.
    @Test func projectionsAgree() throws {
        var values = RandomValues(seed: 51)
        let paths = ["p", "q", "p.q", "p[0]", "p[2].q", "q[1]", "q.r.s", "r[0][1]", "s.p[3]", "r.q"]
        var compared = 0
        for _ in 0..<1000 {
            let expression = (0..<values.int(1...3)).map { _ in paths[values.int(0...9)] }.joined(separator: ",")
            let subject = values.item()
            var attributes = try attributes()
            guard let projection = try? Projection(parsing: Array(expression.utf8), attributes: &attributes) else {
                continue
            }
            var output: [UInt8] = []
            #expect(reading(json(subject)) { projection.apply(item: $0, into: &output) })
            #expect(try item(text(output)) == subject.projected(by: projection), "\(expression) of \(json(subject))")
            compared += 1
        }
        #expect(compared > 300)
    }

    /// Random removals and settings of list elements against a model that marks elements by their old index.
    @Test func listsAgainstAModel() throws {
        var random = SplitMix(state: 52)
        for _ in 0..<500 {
            let count = Int.random(in: 0...6, using: &random)
            var model: [String?] = (0..<count).map { "\($0)" }
            var (sets, removes): ([String], [String]) = ([], [])
            for index in 0..<10 {
                switch Int.random(in: 0...3, using: &random) {
                case 0:
                    sets.append("l[\(index)] = :s")
                    if index < count { model[index] = "x" } else { model.append("x") }
                case 1:
                    removes.append("l[\(index)]")
                    if index < count { model[index] = nil }
                default: break
                }
            }
            guard !sets.isEmpty, !removes.isEmpty else { continue }
            let expression =
                "REMOVE \(removes.shuffled(using: &random).joined(separator: ","))"
                + " SET \(sets.shuffled(using: &random).joined(separator: ","))"
            let old: Item = ["l": .list((0..<count).map { .string("\($0)") })]
            let expected: Item = ["l": .list(model.compactMap(\.self).map { .string($0) })]
            #expect(try update(expression).apply(to: old) == expected, "\(expression)")
        }
    }

    @Test func randomTextEnds() {
        let words = [
            "set", "remove", "add", "delete", "a", "l[0]", "#c", ":n", ":ss", "=", "+", "(", ")", ",", ".",
            "list_append(",
        ]
        var random = SplitMix(state: 53)
        for _ in 0..<5000 {
            let count = Int.random(in: 1...12, using: &random)
            let expression = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
            let message = failure { _ = try update(expression.joined(separator: " ")) }
            #expect(message?.hasPrefix("Invalid UpdateExpression: ") != false)
        }
        for deep in [
            "set a = " + String(repeating: "(", count: 4000), "set a = " + String(repeating: "f(", count: 1000),
        ] {
            #expect(failure { _ = try update(deep) } != nil)
        }
    }
}
