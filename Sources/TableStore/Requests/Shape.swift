/// What a member of a request may be (botocore's service model): its JSON type, and the constraints that DynamoDB checks
/// before anything else.
indirect enum Shape: Sendable {
    case string(StringConstraint = .any)
    /// A Java Integer.
    case integer(ClosedRange<Int>? = nil)
    /// A Java Long.
    case long(ClosedRange<Int>? = nil)
    /// Seconds since 1970, with a fraction; read as milliseconds.
    case timestamp
    case boolean
    case list(Shape, count: ClosedRange<Int>? = nil)
    /// A map with string keys.
    case map(Shape, MapConstraint = MapConstraint())
    /// A structure by its name in the model.
    case structure(String, [Member])
    /// `{"S":"..."}` and the like.
    case attributeValue
    /// A map of attribute values: `Item`, `Key`.
    case attributeMap
    /// A map of strings, kept as JSON: `ExpressionAttributeNames`.
    case rawStrings
    /// A map of attribute values, kept as JSON: `ExpressionAttributeValues`.
    case rawValues

    struct Member: Sendable {
        /// The name in a request.
        let name: String
        let shape: Shape
        let presence: Presence
        let wording: Wording
        /// The same as ``name``, to compare with bytes.
        let key: StaticString

        init(
            _ name: StaticString,
            _ shape: Shape,
            _ presence: Presence = .optional,
            wording: Wording = .echoed
        ) {
            self.name = "\(name)"
            self.shape = shape
            self.presence = presence
            self.wording = wording
            key = name
        }
    }

    /// Whether a member must be there, and what DynamoDB says when it is not.
    enum Presence: Sendable {
        case optional
        /// Its absence is listed among the broken constraints.
        case required
        /// Its absence is told alone with this message, before other constraints are looked at.
        case demanded(String)
    }

    /// How a broken constraint of a member is told.
    ///
    /// The service words some checks in a newer way, without the value (nubo-db/dynamodb-conformance, tests/tier3 and
    /// captures, which ran against the service in 2026).
    enum Wording: Sendable {
        /// `Value 'x' at 'limit' failed ...`, listed with the others.
        case echoed
        /// `Value at 'Limit' failed ...` when nothing else is wrong, else as ``echoed``.
        case bare
        /// In these words, behind the others, when only values of enumerations are wrong, else as ``echoed``.
        case enumeration(String)
        /// In these words and alone when only values of enumerations are wrong, else as ``echoed``.
        case enumerationAlone(String)
        /// In these words, without a count of errors, when only values of enumerations are wrong, else as ``echoed``.
        case sentence(String)
        /// For the name of a table: `Value at 'TableName' failed ...`, alone, when it is empty and nothing is missing.
        case bareWhenEmpty
    }
}

/// What a string must be.
enum StringConstraint: Sendable {
    case any
    /// So many characters.
    case length(ClosedRange<Int>)
    /// One of these, in the order that messages list them.
    case values([String])
    /// The name of an index, or of a table where no ARN is taken.
    case name
    /// The name or ARN of a table; an empty one is told alone.
    case tableName
    /// The same, but a name of a wrong length is told alone, and in another way.
    case managedTableName
}

/// What a map must be.
struct MapConstraint: Sendable {
    /// How many entries.
    var count: ClosedRange<Int>?
    /// How many elements each value has that is a list.
    var valueCount: ClosedRange<Int>?
    /// Whether the keys are names or ARNs of tables.
    var hasTableNames = false
    /// Whether the message about the keys shows the map as JSON, not as Java prints it.
    var showsJSON = false
    /// Whether nothing is said of the map when a value of an enumeration is wrong.
    var givesWay = false
    /// What is said of an empty map, alone.
    var emptyMessage: String?
}

extension Shape {
    /// A string with only these values, in the order that messages list them.
    static func values(_ values: String...) -> Shape { .string(.values(values)) }

    /// A string of so many characters.
    static func text(_ length: ClosedRange<Int>) -> Shape { .string(.length(length)) }
}
