/// An item: attributes by name.
public typealias Item = AttributeMap

/// Attribute values by name, ordered by the bytes of the names.
public struct AttributeMap: Sendable, Hashable {
    /// A name and its value.
    public struct Attribute: Sendable, Hashable {
        /// The name, as UTF-8.
        public let name: [UInt8]
        /// The value.
        public var value: AttributeValue
    }

    /// All attributes, by name.
    public private(set) var attributes: [Attribute]

    /// No attributes.
    public init() {
        attributes = []
    }

    /// These attributes; nil when two have one name.
    init?(_ attributes: consuming [Attribute]) {
        attributes.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for index in attributes.indices.dropFirst() where attributes[index - 1].name == attributes[index].name {
            return nil
        }
        self.attributes = attributes
    }

    /// These attributes, which are ordered by their names and have no name twice.
    init(sorted attributes: [Attribute]) {
        self.attributes = attributes
    }

    /// How many attributes there are.
    public var count: Int { attributes.count }

    /// Whether there is no attribute.
    public var isEmpty: Bool { attributes.isEmpty }

    /// The value of a name given as UTF-8; assigning nil removes the attribute.
    public subscript(name: [UInt8]) -> AttributeValue? {
        get {
            let index = position(of: name)
            return holds(name, at: index) ? attributes[index].value : nil
        }
        set {
            let index = position(of: name)
            switch (newValue, holds(name, at: index)) {
            case (let value?, true): attributes[index].value = value
            case (let value?, false): attributes.insert(Attribute(name: name, value: value), at: index)
            case (nil, true): attributes.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// The value of a name; assigning nil removes the attribute.
    public subscript(name: String) -> AttributeValue? {
        get { self[Array(name.utf8)] }
        set { self[Array(name.utf8)] = newValue }
    }

    /// The item's size in bytes (``ItemSize``).
    public var size: Int { attributes.reduce(0) { $0 + $1.name.count + $1.value.size } }

    /// Where the name is, or would be inserted.
    private func position(of name: [UInt8]) -> Int {
        var (low, high) = (0, attributes.count)
        while low < high {
            let middle = (low + high) / 2
            if attributes[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func holds(_ name: [UInt8], at index: Int) -> Bool {
        index < attributes.count && attributes[index].name == name
    }
}

extension AttributeMap: ExpressibleByDictionaryLiteral {
    /// Attributes by name; of two with one name the last counts.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}
