import DynamoDB
import Foundation
import Testing

/// Random items and projections against a slow model, which knows an item as the set of its leaves: a leaf is taken when
/// a path leads to it or to something around it, and the taken leaves are put together again.
@Suite struct ProjectionModelTests {
    enum Step: Hashable {
        case name(String)
        case index(Int)
    }

    /// An attribute value; leaves hold distinct texts.
    indirect enum Value: Equatable {
        case leaf(type: String, text: String)
        case map([String: Value])
        case list([Value])
    }

    // MARK: The model

    /// All leaves with the ways to them; an empty map or list is a leaf, too.
    private static func leaves(_ value: Value, at way: [Step] = []) -> [(way: [Step], value: Value)] {
        switch value {
        case .map(let members) where !members.isEmpty:
            members.sorted { $0.key < $1.key }.flatMap { leaves($0.value, at: way + [.name($0.key)]) }
        case .list(let elements) where !elements.isEmpty:
            elements.enumerated().flatMap { leaves($1, at: way + [.index($0)]) }
        case .leaf, .map, .list:
            [(way, value)]
        }
    }

    /// The value that has just these leaves.
    private static func assemble(_ leaves: [(way: ArraySlice<Step>, value: Value)]) -> Value {
        guard let first = leaves.first, let step = first.way.first else { return leaves.first?.value ?? .map([:]) }
        let groups = Dictionary(grouping: leaves) { $0.way.first }
        func inside(_ step: Step) -> Value {
            assemble((groups[step] ?? []).map { ($0.way.dropFirst(), $0.value) })
        }
        switch step {
        case .name:
            return .map(
                Dictionary(
                    uniqueKeysWithValues: groups.keys.compactMap { step in
                        guard case .name(let name) = step else { return nil }
                        return (name, inside(.name(name)))
                    }
                )
            )
        case .index:
            let indexes = groups.keys.compactMap { step -> Int? in
                guard case .index(let index) = step else { return nil }
                return index
            }
            return .list(indexes.sorted().map { inside(.index($0)) })
        }
    }

    private static func project(_ item: Value, _ paths: [[Step]]) -> Value {
        assemble(
            leaves(item).filter { leaf in paths.contains { leaf.way.starts(with: $0) } }.map { ($0.way[...], $0.value) }
        )
    }

    /// Whether DynamoDB takes two paths together.
    private static func agree(_ one: [Step], _ other: [Step]) -> Bool {
        for (left, right) in zip(one, other) where left != right {
            switch (left, right) {
            case (.name, .name), (.index, .index): return true
            case (.name, .index), (.index, .name): return false
            }
        }
        return false
    }

    // MARK: Random cases

    private static let names = [
        "a", "b", "c", "name", "a.b", "x y", "\u{E9}", "\"", "\\", "\n", "l[0]", "",
    ]

    private static func randomValue(_ depth: Int, _ random: inout SplitMix, _ count: inout Int) -> Value {
        switch depth == 0 ? 0 : Int.random(in: 0..<5, using: &random) {
        case 0, 1:
            count += 1
            return .leaf(type: ["S", "N"].randomElement(using: &random) ?? "S", text: "\(count)")
        case 2:
            return .list(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(depth - 1, &random, &count) }
            )
        default:
            return randomMap(depth - 1, &random, &count)
        }
    }

    private static func randomMap(_ depth: Int, _ random: inout SplitMix, _ count: inout Int) -> Value {
        var members: [String: Value] = [:]
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            members[names.randomElement(using: &random) ?? "a"] = randomValue(depth, &random, &count)
        }
        return .map(members)
    }

    /// A path that leads somewhere in `item`, now and then changed.
    private static func randomPath(_ item: Value, _ random: inout SplitMix) -> [Step]? {
        guard var path = leaves(item).randomElement(using: &random)?.way, !path.isEmpty else { return nil }
        path = Array(path.prefix(Int.random(in: 1...path.count, using: &random)))
        if Int.random(in: 0..<8, using: &random) == 0 {
            path.append(Bool.random(using: &random) ? .index(0) : .name("a"))
        }
        if path.count > 1, Int.random(in: 0..<8, using: &random) == 0 {
            path[path.count - 1] =
                Bool.random(using: &random) ? .index(Int.random(in: 0...4, using: &random)) : .name("b")
        }
        return path
    }

    /// JSON with random white space, random escapes, and members in random order.
    private static func write(_ value: Value, _ random: inout SplitMix) -> String {
        func space() -> String { ["", "", "", " ", "\n\t"].randomElement(using: &random) ?? "" }
        func string(_ value: String) -> String {
            var quoted: [UInt8] = []
            JSONText.appendQuoted(value.utf8, to: &quoted)
            guard Int.random(in: 0..<4, using: &random) == 0 else { return text(quoted) }
            return "\"" + value.utf16.map { "\\u" + String(format: "%04x", $0) }.joined() + "\""
        }
        func object(_ members: [String: Value]) -> String {
            let parts = members.sorted { $0.key < $1.key }.shuffled(using: &random).map { name, value in
                space() + string(name) + space() + ":" + space() + write(value, &random) + space()
            }
            return "{" + parts.joined(separator: ",") + "}"
        }
        switch value {
        case .leaf(let type, let text):
            return "{" + space() + string(type) + ":" + space() + string(text) + "}"
        case .map(let members):
            return "{" + string("M") + ":" + object(members) + "}" + space()
        case .list(let elements):
            let parts = elements.map { space() + write($0, &random) }
            return "{" + space() + string("L") + ":[" + parts.joined(separator: ",") + space() + "]}"
        }
    }

    private static func read(_ json: Any?) -> Value? {
        guard let object = json as? [String: Any], let (type, content) = object.first, object.count == 1 else {
            return nil
        }
        switch type {
        case "M": return readMembers(content).map { .map($0) }
        case "L": return (content as? [Any]).map { .list($0.compactMap { read($0) }) }
        default: return (content as? String).map { .leaf(type: type, text: $0) }
        }
    }

    private static func readMembers(_ json: Any?) -> [String: Value]? {
        guard let object = json as? [String: Any] else { return nil }
        let members = object.compactMapValues { read($0) }
        return members.count == object.count ? members : nil
    }

    @Test(arguments: 0..<8)
    func agreesWithTheModel(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var (taken, refused) = (0, 0)
        for _ in 0..<400 {
            var count = 0
            guard case .map(let attributes) = Self.randomMap(4, &random, &count) else { continue }
            let paths = (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in
                Self.randomPath(.map(attributes), &random)
            }
            guard !paths.isEmpty, !paths.joined().contains(.name("")) else { continue }

            // Names that are not words go through substitutes.
            var substitutes: [String: String] = [:]
            let expression = paths.map { path in
                path.enumerated().reduce("") { expression, element in
                    switch element.element {
                    case .index(let index):
                        return expression + "[\(index)]"
                    case .name(let name):
                        let dot = element.offset > 0 ? "." : ""
                        if ["a", "b", "c"].contains(name) { return expression + dot + name }
                        let key = "#n\(Self.names.firstIndex(of: name) ?? 0)"
                        substitutes[key] = name
                        return expression + dot + key
                    }
                }
            }.joined(separator: ", ")
            let names = try JSONSerialization.data(withJSONObject: substitutes)

            let item = Self.write(.map(attributes), &random).dropFirst().drop { $0 != "{" }
            let end = try #require(item.lastIndex(of: "}"))
            let isRefused = (0..<paths.count).contains { one in
                (0..<one).contains { !Self.agree(paths[one], paths[$0]) }
            }

            let projection = try? reading(expression) { expression in
                try Array(names).withUnsafeBytes { names in
                    try Projection.parse(expression: expression, names: substitutes.isEmpty ? nil : names)
                }
            }
            #expect((projection == nil) == isRefused, "\(expression)")
            guard let projection else {
                refused += 1
                continue
            }
            var output: [UInt8] = []
            #expect(reading(String(item[..<end])) { projection.apply(item: $0, into: &output) })
            let result = Self.readMembers(try JSONSerialization.jsonObject(with: Data(output)))
            #expect(result.map { .map($0) } == Self.project(.map(attributes), paths), "\(expression) of \(item)")
            taken += 1
        }
        #expect(taken > 100 && refused > 50, "\(taken) taken, \(refused) refused")
    }
}
