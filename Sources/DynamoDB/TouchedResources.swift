/// A table that a request names.
public struct TableReference: Sendable, Hashable {
    /// The table's name.
    public let name: String
    /// The ARN it was named by, when it was.
    public let arn: String?

    /// Names are the same when their bytes are, not when Unicode takes them for equivalent.
    public static func == (left: TableReference, right: TableReference) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && (left.arn?.utf8.map { $0 } == right.arn?.utf8.map { $0 })
    }

    /// By the bytes of the name.
    public func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
    }

    /// Resolves a `TableName` member's value, a name or an ARN.
    ///
    /// Nil for an ARN that is not a table's.
    public init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self.init(arn: text)
        } else {
            self.init(name: text, arn: nil)
        }
    }

    /// Resolves an ARN of a table or of something that belongs to one.
    init?(arn text: String) {
        guard let parsed = TableARN(text) else { return nil }
        self.init(name: parsed.table, arn: text)
    }

    private init(name: String, arn: String?) {
        self.name = name
        self.arn = arn
    }
}

/// One item that a request writes.
public struct KeyWrite: Sendable, Equatable {
    /// Where the item's key stands in the body.
    public enum Location: Sendable, Equatable {
        /// In this key object.
        case key(ByteRange)
        /// In this item, next to its other attributes.
        case item(ByteRange)
    }

    /// The item's table, an index of ``TouchedResources/tables``.
    public let table: Int
    /// Where the key is.
    public let location: Location
}

/// A PartiQL statement of a request.
public struct PartiQLStatement: Sendable, Equatable {
    /// The statement.
    public let text: String
    /// What it does, as far as that is certain.
    public let classification: PartiQL.Classification
}

/// The tables and items that a request of any operation touches, and what else the proxy looks at.
public struct TouchedResources: Sendable {
    /// Every table named, once for each way it is written.
    public internal(set) var tables: [TableReference] = []
    /// Every item written, of PutItem, UpdateItem, DeleteItem, BatchWriteItem and TransactWriteItems.
    public internal(set) var writes: [KeyWrite] = []
    /// Items are written, or may be, whose keys ``writes`` does not tell: any item of ``tables``.
    public internal(set) var writesUnknownKeys = false
    /// Something in the request names a resource, and which table that belongs to cannot be told.
    public internal(set) var hasUnresolvedName = false
    /// The statements of the PartiQL operations.
    public internal(set) var statements: [PartiQLStatement] = []
    /// The value of `ClientRequestToken` or `ClientToken`.
    public internal(set) var clientRequestToken: JSONString?
    /// ListTables: `ExclusiveStartTableName`.
    public internal(set) var exclusiveStartTableName: String?
    /// ListTables: `Limit`, truncated to whole and clamped to 32 bits.
    public internal(set) var limit: Int?

    /// The request names no table at all.
    public var namesNoTable: Bool { tables.isEmpty }

    init() {}

    /// The same without its lists, as when no table were named.
    public var withoutLists: TouchedResources {
        var rest = self
        rest.tables = []
        rest.writes = []
        rest.statements = []
        return rest
    }

    /// Reads a request's body.
    ///
    /// Members that name a table count whatever the operation is, so an operation may touch less than is told here,
    /// never more. For an operation not known (nil) they count at any depth, and so does every ARN of a table.
    /// Duplicate names are refused at every level.
    public static func of(
        _ operation: Operation?,
        body: UnsafeRawBufferPointer
    ) throws(RequestError) -> TouchedResources {
        try unsafe JSONNames.requireUnique(in: body)
        var scan = unsafe TouchedResourcesScan(operation, body)
        try scan.run()
        return scan.found
    }
}
