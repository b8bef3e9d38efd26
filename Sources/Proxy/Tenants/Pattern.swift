/// A table name pattern: `*` stands for any run of characters, `?` for one.
struct Pattern: Sendable, Equatable {
    let text: [UInt8]

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// True when the pattern allows every name.
    var matchesEverything: Bool { text == [UInt8(ascii: "*")] }

    /// Linear-time match with one point of return (the last star), so no pattern is slow on any name.
    func matches(_ name: [UInt8]) -> Bool {
        var position = 0
        var nameIndex = 0
        var star: (pattern: Int, name: Int)?
        while nameIndex < name.count {
            if position < text.count, text[position] == UInt8(ascii: "*") {
                star = (position, nameIndex)
                position += 1
            } else if position < text.count, text[position] == UInt8(ascii: "?") || text[position] == name[nameIndex] {
                position += 1
                nameIndex += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                position = last.pattern + 1
                nameIndex = last.name + 1
            } else {
                return false
            }
        }
        while position < text.count, text[position] == UInt8(ascii: "*") {
            position += 1
        }
        return position == text.count
    }
}
