import Yams

/// A place in a configuration file.
struct Place: Equatable {
    /// Counted from 1; 0 for the whole file.
    var line: Int
    /// Counted from 1, in Unicode scalars; 0 for the whole file.
    var column: Int

    static let wholeFile = Place(line: 0, column: 0)
    static let start = Place(line: 1, column: 1)
}

extension Place {
    init(_ mark: Mark?) {
        self = mark.map { Place(line: $0.line, column: $0.column) } ?? .wholeFile
    }
}

/// A YAML file as a tree.
///
/// Yams' own error texts quote the file and so could show a secret; none of them leaves here.
enum YAMLDocument {
    /// Where a file is not YAML, and why.
    struct Problem: Error {
        var place: Place
        var problem: String
    }

    /// The root of the file's only document, nil when it has none, and the keys that stand twice in one mapping.
    static func compose(_ text: String) throws(Problem) -> (root: Node?, duplicates: [Problem]) {
        var text = text
        var duplicates: [Problem] = []
        while true {
            do {
                return (try Yams.compose(yaml: text), duplicates)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) where duplicates.count < 100 {
                // Yams stops at the first mapping with such a key. Masking it lets the rest be read, and checked, too.
                guard let name = names.first, let masked = mask(name, at: context.mark, in: text) else {
                    let problem = "the mapping that begins here has a key twice"
                    throw Problem(place: Place(context.mark), problem: problem)
                }
                // Only our own keys are shown: another word may be a secret that lost its key.
                let shown = ConfigurationKeys.all.contains { $0.contains(name) } ? "the key '\(name)'" : "a key"
                let problem = "\(shown) stands twice in this mapping"
                duplicates.append(Problem(place: Place(context.mark), problem: problem))
                text = masked
            } catch let error as YamlError {
                throw problem(of: error, in: text)
            } catch {
                throw Problem(place: .wholeFile, problem: "it is not YAML")
            }
        }
    }

    /// Whether a key can be shown: what looks like one of ours, not like a secret that lost its colon.
    static func isPlainKey(_ key: String) -> Bool {
        key.utf8.count <= 40 && !key.isEmpty
            && key.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// Whether a key was masked because it stands twice.
    static func isMasked(_ key: String) -> Bool {
        key.unicodeScalars.first.map { maskScalars.contains($0) } ?? false
    }

    // Private-use characters: they are printable to YAML, one per scalar keeps every column where it was, and a
    // different one for each length of a repetition keeps the masks apart.
    private static let maskScalars: ClosedRange<Unicode.Scalar> = "\u{E000}"..."\u{F8FF}"

    private static func mask(_ name: String, at mark: Mark, in text: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        guard var index = start(ofLine: mark.line, in: scalars) else { return nil }
        index += mark.column - 1
        if index < scalars.count, scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        let name = Array(name.unicodeScalars)
        guard !name.isEmpty, index + name.count <= scalars.count, Array(scalars[index..<index + name.count]) == name
        else { return nil }
        let used = scalars.reduce(0) { maskScalars.contains($1) ? $0 + 1 : $0 }
        guard let mask = Unicode.Scalar(0xE000 + UInt32(used % 0x1800)) else { return nil }
        for offset in name.indices { scalars[index + offset] = mask }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Lines end as libyaml ends them.
    private static func start(ofLine line: Int, in scalars: [Unicode.Scalar]) -> Int? {
        var current = 1
        var index = 0
        while current < line {
            guard index < scalars.count else { return nil }
            switch scalars[index] {
            case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": index += 1
            case "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}": current += 1
            default: break
            }
            index += 1
        }
        return index
    }

    private static func problem(of error: YamlError, in text: String) -> Problem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let said = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
            return Problem(place: Place(mark), problem: "this is not YAML: \(said)")
        case .composer(_, let problem, let mark, _):
            return Problem(place: Place(mark), problem: "this is not YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0).unicodeScalars
            let line = before.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
            let column = before.reversed().prefix { $0 != "\n" }.count + 1
            return Problem(place: Place(line: line, column: column), problem: "this is not YAML: \(problem)")
        default:
            return Problem(place: .wholeFile, problem: "it is not YAML")
        }
    }
}
