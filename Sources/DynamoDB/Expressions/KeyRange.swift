/// The keys a query selects: one partition, and a range of sort keys in it.
public struct KeyRange: Sendable, Equatable {
    /// The value of the partition key, of its type.
    public let partitionKey: AttributeValue
    /// The range of the sort key.
    public let sortKeys: SortKeyRange
}

/// A range of sort keys, bounded by their bytes (``AttributeValue/sortKey``).
public struct SortKeyRange: Sendable, Equatable {
    /// Where a range begins or ends.
    public struct Bound: Sendable, Equatable {
        /// Bytes of a sort key, or of the beginning of one.
        public let bytes: [UInt8]
        /// Whether the key with just these bytes is in the range.
        public let isInclusive: Bool
    }

    /// Where the range begins; nil for the first key.
    public let lower: Bound?
    /// Where the range ends; nil for the last key.
    public let upper: Bound?

    /// All sort keys.
    public init() {
        (lower, upper) = (nil, nil)
    }

    private init(_ lower: Bound?, _ upper: Bound?) {
        (self.lower, self.upper) = (lower, upper)
    }

    /// The keys a test accepts; its values are of a key's type.
    init(_ test: KeyCondition.Test) {
        switch test {
        case .comparison(let comparator, let value):
            let bound = { (isInclusive: Bool) in Bound(bytes: value.sortKey ?? [], isInclusive: isInclusive) }
            switch comparator {
            case .less: self.init(nil, bound(false))
            case .lessOrEqual: self.init(nil, bound(true))
            case .greater: self.init(bound(false), nil)
            case .greaterOrEqual: self.init(bound(true), nil)
            case .equal, .notEqual: self.init(bound(true), bound(true))
            }
        case .between(let low, let high):
            self.init(
                Bound(bytes: low.sortKey ?? [], isInclusive: true),
                Bound(bytes: high.sortKey ?? [], isInclusive: true)
            )
        case .beginsWith(let prefix):
            let bytes = prefix.sortKey ?? []
            self.init(
                Bound(bytes: bytes, isInclusive: true),
                Self.successor(of: bytes).map { Bound(bytes: $0, isInclusive: false) }
            )
        }
    }

    /// Whether a sort key, as bytes, is in the range.
    public func contains(_ key: [UInt8]) -> Bool {
        if let lower {
            if key.lexicographicallyPrecedes(lower.bytes) || !lower.isInclusive && key == lower.bytes { return false }
        }
        if let upper {
            if upper.bytes.lexicographicallyPrecedes(key) || !upper.isInclusive && key == upper.bytes { return false }
        }
        return true
    }

    /// The least bytes that come after all that begin with `prefix`; nil when there are none.
    private static func successor(of prefix: [UInt8]) -> [UInt8]? {
        var bytes = prefix
        while let last = bytes.popLast() {
            if last < 0xFF { return bytes + [last + 1] }
        }
        return nil
    }
}
