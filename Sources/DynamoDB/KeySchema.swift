/// The types a key attribute may have; the raw value is the type's letter.
public enum ScalarAttributeType: UInt8, Sendable {
    /// String, `S`.
    case string = 0x53
    /// Number, `N`.
    case number = 0x4E
    /// Binary, `B`.
    case binary = 0x42
}

/// A table's primary key: one or two attributes.
public struct KeySchema: Sendable, Equatable {
    /// One attribute of the key.
    public struct Attribute: Sendable, Equatable {
        /// The attribute's name, as UTF-8.
        public let name: [UInt8]
        /// The type every item's value has.
        public let type: ScalarAttributeType

        /// An attribute of a key schema.
        public init(name: String, type: ScalarAttributeType) {
            self.name = Array(name.utf8)
            self.type = type
        }
    }

    /// The HASH attribute.
    public let partitionKey: Attribute
    /// The RANGE attribute, when the table has one.
    public let sortKey: Attribute?
    /// In canonical keys the sort key comes first, as its name is the lesser one.
    let sortKeyIsFirst: Bool

    /// A schema of one or two attributes.
    public init(partitionKey: Attribute, sortKey: Attribute? = nil) {
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        sortKeyIsFirst = sortKey.map { $0.name.lexicographicallyPrecedes(partitionKey.name) } ?? false
    }
}
