/// `${NAME}` in a scalar stands for an environment variable, `$${` for the two characters `${`.
enum Interpolation {
    enum Problem: Error, Equatable {
        case missing(String)
        case malformed
    }

    /// The text with its variables replaced, and whether there were any.
    static func expand(
        _ text: String,
        _ variable: (String) -> String?
    ) throws(Problem) -> (text: String, isExpanded: Bool) {
        var result = ""
        var rest = text[...]
        var isExpanded = false
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw .malformed }
                let name = String(rest[rest.index(dollar, offsetBy: 2)..<end])
                guard isName(name) else { throw .malformed }
                guard let value = variable(name) else { throw .missing(name) }
                result += value
                isExpanded = true
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return (result + rest, isExpanded)
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
    }
}

extension UInt8 {
    /// A to Z, a to z, 0 to 9.
    var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
