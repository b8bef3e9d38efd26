import Yams

/// What one reading of a configuration file shares: its path, the environment, and what was found wrong so far.
final class Reading {
    let file: String
    let environment: (String) -> String?
    private(set) var mistakes: [ConfigurationMistake] = []
    private(set) var warnings: [ConfigurationMistake] = []

    init(file: String, environment: @escaping (String) -> String?) {
        self.file = file
        self.environment = environment
    }

    /// Relative paths in the file are meant from the file's folder; `~/` is the home folder.
    func resolve(_ path: String) -> String {
        if path.hasPrefix("~/"), let home = environment("HOME") { return home + path.dropFirst() }
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    func mistake(_ place: Place, _ path: String, _ problem: String, _ remedy: String) {
        mistakes.append(entry(place, path, problem, remedy))
    }

    func warning(_ place: Place, _ path: String, _ problem: String, _ remedy: String) {
        warnings.append(entry(place, path, problem, remedy))
    }

    private func entry(_ place: Place, _ path: String, _ problem: String, _ remedy: String) -> ConfigurationMistake {
        ConfigurationMistake(
            file: file,
            line: place.line,
            column: place.column,
            path: path,
            problem: problem,
            remedy: remedy
        )
    }
}

/// One value of the file, and where it stands.
struct YAMLValue {
    let node: Node
    let path: String
    let reading: Reading

    var place: Place { Place(node.mark) }

    func mistake(_ problem: String, _ remedy: String) {
        reading.mistake(place, path, problem, remedy)
    }

    func warning(_ problem: String, _ remedy: String) {
        reading.warning(place, path, problem, remedy)
    }

    /// `key:` with nothing behind it, `~` and `null` are as good as absent.
    var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    var isScalar: Bool { node.scalar != nil }

    /// Whether it is just this word.
    func stands(for word: String) -> Bool { node.scalar?.string == word }

    var isList: Bool { node.sequence != nil }

    /// The elements of a list, at least one.
    ///
    /// `remedy` says what to write instead of something else.
    func list(_ remedy: String) -> [YAMLValue] {
        guard let sequence = node.sequence else {
            mistake("\(kind) where a list belongs", remedy)
            return []
        }
        if sequence.isEmpty { mistake("the list is empty", remedy) }
        return sequence.enumerated().map { YAMLValue(node: $1, path: "\(path)[\($0)]", reading: reading) }
    }

    /// The members of a mapping with none but these keys.
    func section(_ keys: [String]) -> YAMLSection? {
        guard let mapping = node.mapping else {
            mistake(
                "\(kind) where a mapping belongs",
                "write keys and values; known are \(keys.joined(separator: ", "))"
            )
            return nil
        }
        return YAMLSection(mapping, at: self, keys: keys)
    }

    /// A scalar with its variables replaced.
    func text(_ expected: String) -> YAMLText? {
        guard let scalar = node.scalar else {
            mistake("\(kind) where \(expected) belongs", "write a single value")
            return nil
        }
        do throws(Interpolation.Problem) {
            let expanded = try Interpolation.expand(scalar.string, reading.environment)
            return YAMLText(value: expanded.text, source: scalar.string, isExpanded: expanded.isExpanded)
        } catch {
            switch error {
            case .missing(let name):
                mistake("the environment variable \(name) is not set", "set it, or write the value or another name")
            case .malformed:
                mistake("'${' does not begin a variable", "write ${NAME}, or $${ for the characters themselves")
            }
            return nil
        }
    }

    private var kind: String {
        switch node {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }
}

/// A scalar's text as it is meant, and as it may be shown.
struct YAMLText {
    let value: String
    fileprivate let source: String
    /// Whether an environment variable is part of the value.
    let isExpanded: Bool

    /// The file's own words: what came from the environment may be a secret.
    ///
    /// Never used where a secret belongs.
    var shown: String {
        let quoted = "'\(LogText.escaped(String(source.prefix(60))))\(source.count > 60 ? "…" : "")'"
        return isExpanded ? "the value of \(quoted)" : quoted
    }
}
