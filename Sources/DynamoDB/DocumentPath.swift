/// A document path as an expression writes it, before names are looked up and checked.
struct PathSyntax: Equatable {
    enum Element: Equatable {
        case identifier([UInt8])
        /// A substitute, its `#` included.
        case name([UInt8])
        /// The digits between brackets.
        case index([UInt8])
    }

    var elements: [Element]

    /// Refuses reserved words and list indexes out of range, wherever they stand in the path.
    func checkWords(_ kind: ExpressionKind) throws(ExpressionError) {
        for element in elements {
            switch element {
            case .identifier(let name) where ReservedWords.contains(name):
                throw kind.error(
                    "Attribute name is a reserved keyword; reserved keyword: \(String(decoding: name, as: UTF8.self))"
                )
            case .index(let digits) where DocumentPath.index(digits) == nil:
                throw kind.error(
                    "List index is not within the allowable range; "
                        + "index: [\(String(decoding: digits, as: UTF8.self))]"
                )
            case .identifier, .index, .name:
                continue
            }
        }
    }
}

/// A place in an item: a top-level attribute, then members of maps and elements of lists.
struct DocumentPath: Hashable {
    enum Element: Hashable {
        case attribute([UInt8])
        case index(Int)

        /// An order: attributes by the bytes of their names, then indexes.
        func precedes(_ other: Element) -> Bool {
            switch (self, other) {
            case (.attribute(let one), .attribute(let two)): one.lexicographicallyPrecedes(two)
            case (.index(let one), .index(let two)): one < two
            case (.attribute, .index): true
            case (.index, .attribute): false
            }
        }
    }

    /// Elements of a path (Developer Guide, "Service, account, and table quotas": nested attribute depth).
    static let maximumDepth = 32

    /// The first is an attribute.
    let elements: [Element]

    /// Looks the path's substitutes up.
    ///
    /// `checkWords` has passed.
    init(
        _ syntax: PathSyntax,
        names: inout ExpressionAttributeNames,
        kind: ExpressionKind
    ) throws(ExpressionError) {
        var elements: [Element] = []
        for element in syntax.elements {
            switch element {
            case .identifier(let name):
                elements.append(.attribute(name))
            case .name(let key):
                guard let name = names.resolve(key) else {
                    throw kind.error(
                        "An expression attribute name used in the document path is not defined; "
                            + "attribute name: \(String(decoding: key, as: UTF8.self))"
                    )
                }
                elements.append(.attribute(name))
            case .index(let digits):
                elements.append(.index(Self.index(digits) ?? Int.max))
            }
        }
        guard elements.count <= Self.maximumDepth else {
            throw kind.error(
                "The document path has too many nesting levels; nesting levels: \(elements.count)"
            )
        }
        self.elements = elements
    }

    /// The value of a list index, which is a 32-bit signed integer.
    static func index(_ digits: [UInt8]) -> Int? {
        var value = 0
        for digit in digits {
            value = value * 10 + Int(digit) - Int(UInt8(ascii: "0"))
            if value > Int(Int32.max) { return nil }
        }
        return value
    }
}

extension DocumentPath: CustomStringConvertible {
    /// As DynamoDB's messages write it: `[a, b, [0]]`.
    var description: String {
        let parts = elements.map { element in
            switch element {
            case .attribute(let name): String(decoding: name, as: UTF8.self)
            case .index(let index): "[\(index)]"
            }
        }
        return "[" + parts.joined(separator: ", ") + "]"
    }
}
