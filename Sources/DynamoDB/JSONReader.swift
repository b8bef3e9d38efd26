/// What a JSON value is, told by its first byte.
public enum JSONKind: Sendable, Equatable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
}

/// A string as it stands in the body, between its quotes.
public struct JSONString: Sendable, Equatable {
    /// The bytes between the quotes, escapes included.
    public var range: ByteRange
    /// True when there is no backslash inside: the raw bytes are the string.
    public var isPlain: Bool
}

/// A strict pull reader over one JSON text (RFC 8259), yielding ranges instead of a tree.
///
/// It validates what it passes: grammar, UTF-8 (no surrogates, no overlong forms), escapes (lone surrogates refused) and
/// nesting. It never allocates, never recurses and takes time linear in the input. It does not look for duplicate
/// names; callers that interpret an object do (``JSONNames`` for whole bodies).
///
/// All ranges are offsets into the bytes given to `init`, which must stay valid as long as the reader is used.
/// Usage: after `beginObject()` call `nextMember()` until it returns nil, and consume exactly one value (`string()`,
/// `skipValue()`, ...) after each name; likewise `beginArray()` and `nextElement()`. Finish with `finish()`.
@safe
public struct JSONReader {
    /// Arrays and objects open at once.
    ///
    /// DynamoDB's own 32 levels of attribute values need 70.
    public static let maximumDepth = 256

    /// The text being read.
    public let bytes: UnsafeRawBufferPointer
    /// Offset of the next byte to read.
    public private(set) var position: Int
    /// Offset of the end of the part being read.
    private let end: Int
    private var depth = 0
    /// The most arrays and objects that have been open at once.
    public private(set) var deepest = 0
    /// An array or object has just been opened, so no comma is due before its next member.
    private var isFresh = false

    /// A reader of all of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = unsafe bytes
        position = 0
        end = bytes.count
    }

    /// A reader of the value at `range`, which an earlier pass over the same bytes returned.
    ///
    /// Ranges stay relative to the whole of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, at range: ByteRange) {
        unsafe self.bytes = unsafe bytes
        position = range.start
        end = range.end
    }

    // MARK: Values

    /// The kind of the value that comes next.
    ///
    /// Consumes white space only.
    public mutating func peek() throws(RequestError) -> JSONKind {
        skipWhitespace()
        guard position < end else { throw .malformedJSON }
        switch unsafe bytes[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"): return .true
        case UInt8(ascii: "f"): return .false
        case UInt8(ascii: "n"): return .null
        default: throw .malformedJSON
        }
    }

    /// Enters an object; `nextMember()` follows.
    ///
    /// Another kind of value throws DynamoDB's message for a member of the type `expected`.
    public mutating func beginObject(_ expected: ExpectedType = .structure) throws(RequestError) {
        try expect(.object, UInt8(ascii: "{"), expected)
        try open()
        isFresh = true
    }

    /// The name of the next member, or nil at the object's end, which it consumes.
    ///
    /// The member's value comes next.
    public mutating func nextMember() throws(RequestError) -> JSONString? {
        skipWhitespace()
        if take(UInt8(ascii: "}")) {
            close()
            return nil
        }
        try takeCommaIfDue()
        return try memberName()
    }

    /// Enters an array; `nextElement()` follows.
    ///
    /// Another kind of value throws DynamoDB's message for `expected`.
    public mutating func beginArray(_ expected: ExpectedType = .list) throws(RequestError) {
        try expect(.array, UInt8(ascii: "["), expected)
        try open()
        isFresh = true
    }

    /// True when another element comes next; false at the array's end, which it consumes.
    public mutating func nextElement() throws(RequestError) -> Bool {
        skipWhitespace()
        if take(UInt8(ascii: "]")) {
            close()
            return false
        }
        try takeCommaIfDue()
        return true
    }

    /// Reads a string.
    ///
    /// Another kind of value throws DynamoDB's message for `expected`.
    public mutating func string(_ expected: ExpectedType = .string) throws(RequestError) -> JSONString {
        try expect(.string, UInt8(ascii: "\""), expected)
        return try scanString()
    }

    /// Reads true or false.
    ///
    /// Another kind of value throws DynamoDB's message for a Boolean.
    public mutating func bool() throws(RequestError) -> Bool {
        let kind = try peek()
        if kind == .false {
            try scanLiteral("false")
            return false
        }
        try expect(.true, .boolean)
        try scanLiteral("true")
        return true
    }

    /// Reads true or false, or a string with a word for one, as DynamoDB takes it.
    ///
    /// Anything else throws DynamoDB's message for a Boolean.
    public mutating func boolean() throws(RequestError) -> Bool {
        guard try peek() == .string else { return try bool() }
        switch decoded(try scanString()).lowercased() {
        case "true", "yes", "y", "t", "1": return true
        case "false", "no", "n", "f", "0": return false
        default: throw .wrongType(message: ExpectedType.boolean.message(for: .string))
        }
    }

    /// Reads a number and returns its text.
    ///
    /// Another kind of value throws DynamoDB's message for an Integer.
    public mutating func number() throws(RequestError) -> ByteRange {
        try expect(.number, .integer)
        return try scanNumber()
    }

    /// Consumes a null if one comes next, and says whether it did.
    ///
    /// DynamoDB takes a null member for an absent one.
    public mutating func takeNull() throws(RequestError) -> Bool {
        skipWhitespace()
        if position < end, unsafe bytes[position] != UInt8(ascii: "n") { return false }
        guard try peek() == .null else { return false }
        try scanLiteral("null")
        return true
    }

    /// Passes over one value of any kind, validating it, and returns its range without surrounding white space.
    @discardableResult
    public mutating func skipValue() throws(RequestError) -> ByteRange {
        skipWhitespace()
        let start = position
        let outer = depth
        var nesting = Nesting()
        value: while true {
            switch try peek() {
            case .object:
                try open()
                nesting.open(isObject: true)
                skipWhitespace()
                if !take(UInt8(ascii: "}")) {
                    _ = try memberName()
                    continue value
                }
                close()
                nesting.close()
            case .array:
                try open()
                nesting.open(isObject: false)
                skipWhitespace()
                if !take(UInt8(ascii: "]")) { continue value }
                close()
                nesting.close()
            case .string: _ = try scanString()
            case .number: _ = try scanNumber()
            case .true: try scanLiteral("true")
            case .false: try scanLiteral("false")
            case .null: try scanLiteral("null")
            }
            while depth > outer {
                skipWhitespace()
                if take(UInt8(ascii: ",")) {
                    if nesting.isInObject {
                        skipWhitespace()
                        _ = try memberName()
                    }
                    continue value
                }
                guard take(nesting.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw .malformedJSON }
                close()
                nesting.close()
            }
            isFresh = false
            return ByteRange(start: start, end: position)
        }
    }

    /// Passes over one value of any kind and refuses objects in it that name a member twice.
    public mutating func skipUniqueValue() throws(RequestError) {
        try JSONNames.skipUnique(&self)
    }

    /// Throws ``RequestError/duplicateMember`` when two of the names an object had are the same, escaped or not.
    public func requireUnique(_ names: [JSONString]) throws(RequestError) {
        try JSONNames.requireUnique(names, self)
    }

    /// Passes over an object as ``skipValue()`` does.
    ///
    /// Another kind of value throws DynamoDB's message for `expected`.
    public mutating func skipObject(_ expected: ExpectedType) throws(RequestError) -> ByteRange {
        try expect(.object, expected)
        return try skipValue()
    }

    /// Passes over bytes if they are those of an earlier range, and says whether they were.
    ///
    /// No more than that: it is for whole tokens that an earlier pass has validated, in the same nesting.
    mutating func skip(sameAs earlier: ByteRange) -> Bool {
        guard
            earlier.count <= end - position,
            unsafe rawEqual(
                earlier.slice(of: bytes),
                ByteRange(start: position, end: position + earlier.count).slice(of: bytes)
            )
        else { return false }
        position += earlier.count
        return true
    }

    /// Ends the reading: only white space may remain.
    public mutating func finish() throws(RequestError) {
        skipWhitespace()
        guard position == end, depth == 0 else { throw .malformedJSON }
    }

    // MARK: Comparing

    /// Whether `string`, unescaped, is `literal`.
    public func matches(_ string: JSONString, _ literal: StaticString) -> Bool {
        let raw = unsafe string.range.slice(of: bytes)
        let wanted = unsafe UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        return unsafe string.isPlain ? rawEqual(raw, wanted) : JSONText.isEqual(raw, plain: wanted)
    }

    /// Whether two strings of this text are the same once unescaped.
    public func matches(_ left: JSONString, _ right: JSONString) -> Bool {
        let (one, other) = unsafe (left.range.slice(of: bytes), right.range.slice(of: bytes))
        if left.isPlain && right.isPlain { return unsafe rawEqual(one, other) }
        return unsafe JSONText.isEqual(one, other)
    }

    /// The string's value, unescaped.
    ///
    /// Allocates.
    public func decoded(_ string: JSONString) -> String {
        unsafe JSONText.decoded(string.range.slice(of: bytes))
    }

    // MARK: Tokens

    /// Throws unless a value of this kind, which begins with `first`, comes next.
    @inline(__always)
    private mutating func expect(_ kind: JSONKind, _ first: UInt8, _ expected: ExpectedType) throws(RequestError) {
        skipWhitespace()
        if position < end, unsafe bytes[position] == first { return }
        try expect(kind, expected)
    }

    @inline(never)
    private mutating func expect(_ kind: JSONKind, _ expected: ExpectedType) throws(RequestError) {
        let found = try peek()
        if found == kind { return }
        var isDecimal = false
        if found == .number {
            let text = try scanNumber()
            for offset in text.start..<text.end {
                let byte = unsafe bytes[offset]
                isDecimal = isDecimal || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
            }
        }
        throw .wrongType(message: expected.message(for: found, isDecimal: isDecimal))
    }

    private mutating func open() throws(RequestError) {
        guard depth < Self.maximumDepth else { throw .malformedJSON }
        depth += 1
        deepest = max(deepest, depth)
        position += 1
    }

    private mutating func close() {
        depth -= 1
        isFresh = false
    }

    private mutating func takeCommaIfDue() throws(RequestError) {
        if isFresh {
            isFresh = false
            return
        }
        guard take(UInt8(ascii: ",")) else { throw .malformedJSON }
        skipWhitespace()
    }

    private mutating func memberName() throws(RequestError) -> JSONString {
        guard position < end, unsafe bytes[position] == UInt8(ascii: "\"") else { throw .malformedJSON }
        let name = try scanString()
        skipWhitespace()
        guard take(UInt8(ascii: ":")) else { throw .malformedJSON }
        return name
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, unsafe bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        // All white space is up to a space, and everything else that may follow is above.
        if position < end, unsafe bytes[position] <= UInt8(ascii: " ") { skipSomeWhitespace() }
    }

    @inline(never)
    private mutating func skipSomeWhitespace() {
        while position < end {
            switch unsafe bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    private mutating func scanLiteral(_ literal: StaticString) throws(RequestError) {
        let count = literal.utf8CodeUnitCount
        guard
            count <= end - position,
            unsafe rawEqual(
                ByteRange(start: position, end: position + count).slice(of: bytes),
                UnsafeRawBufferPointer(start: literal.utf8Start, count: count)
            )
        else { throw .malformedJSON }
        position += count
        isFresh = false
    }

    private mutating func scanNumber() throws(RequestError) -> ByteRange {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try scanDigits() }
        if take(UInt8(ascii: ".")) { try scanDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try scanDigits()
        }
        isFresh = false
        return ByteRange(start: start, end: position)
    }

    private mutating func scanDigits() throws(RequestError) {
        let start = position
        while position < end, case UInt8(ascii: "0")...UInt8(ascii: "9") = unsafe bytes[position] { position += 1 }
        guard position > start else { throw .malformedJSON }
    }

    /// `position` is at the opening quote.
    private mutating func scanString() throws(RequestError) -> JSONString {
        position += 1
        isFresh = false
        let start = position
        var isPlain = true
        while true {
            skipPlainASCII()
            guard position < end else { throw .malformedJSON }
            switch unsafe bytes[position] {
            case UInt8(ascii: "\""):
                position &+= 1
                return JSONString(range: ByteRange(start: start, end: position - 1), isPlain: isPlain)
            case UInt8(ascii: "\\"):
                isPlain = false
                try scanEscape()
            case 0x80...:
                try scanMultibyte()
            default:
                throw .malformedJSON
            }
        }
    }

    /// Stops at a quote, a backslash, a control character or a byte above 0x7F, looking at eight bytes at a time.
    @inline(__always)
    private mutating func skipPlainASCII() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end &- position >= 8 {
            let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // A byte's high bit is set in `x - ones * n` when the byte is below n (or was above 0x80 + n already); the
            // lowest set bit is exact, as a borrow only disturbs bytes above one that is itself a stop.
            let control = word &- ones &* 0x20
            let quote = (word ^ ones &* 0x22) &- ones
            let backslash = (word ^ ones &* 0x5C) &- ones
            let stops = (word | control | quote | backslash) & (ones &* 0x80)
            if stops != 0 {
                position &+= stops.trailingZeroBitCount / 8
                return
            }
            position &+= 8
        }
        while position < end {
            switch unsafe bytes[position] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), ..<0x20, 0x80...: return
            default: position &+= 1
            }
        }
    }

    private mutating func scanEscape() throws(RequestError) {
        guard end - position >= 2 else { throw .malformedJSON }
        position += 2
        switch unsafe bytes[position - 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            let first = try scanHex()
            switch first {
            case 0xD800..<0xDC00:
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), case 0xDC00..<0xE000 = try scanHex() else {
                    throw .malformedJSON
                }
            case 0xDC00..<0xE000:
                throw .malformedJSON
            default:
                return
            }
        default:
            throw .malformedJSON
        }
    }

    private mutating func scanHex() throws(RequestError) -> UInt32 {
        guard end - position >= 4 else { throw .malformedJSON }
        var value: UInt32 = 0
        for offset in position..<position + 4 {
            guard let digit = unsafe JSONText.hexValue(bytes[offset]) else { throw .malformedJSON }
            value = value << 4 | digit
        }
        position += 4
        return value
    }

    /// One well-formed multi-byte sequence (Unicode 15, table 3-7).
    private mutating func scanMultibyte() throws(RequestError) {
        let first = unsafe bytes[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw .malformedJSON
        }
        guard end - position >= length, unsafe second.contains(bytes[position + 1]) else { throw .malformedJSON }
        for offset in position + 2..<position + length {
            guard unsafe bytes[offset] & 0xC0 == 0x80 else { throw .malformedJSON }
        }
        position += length
    }
}

/// The arrays and objects that are open, up to ``JSONReader/maximumDepth`` of them.
private struct Nesting {
    /// One bit for each array (0) or object (1), the innermost lowest.
    private var low: UInt128 = 0
    private var high: UInt128 = 0

    var isInObject: Bool { low & 1 == 1 }

    mutating func open(isObject: Bool) {
        high = high << 1 | low >> 127
        low = low << 1 | (isObject ? 1 : 0)
    }

    mutating func close() {
        low = low >> 1 | high << 127
        high >>= 1
    }
}
