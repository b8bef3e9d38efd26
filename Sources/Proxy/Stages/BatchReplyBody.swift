import DynamoDB

/// The body of a BatchGetItem reply, put together with its CRC-32 in a buffer that may be used again.
///
/// Tables with their items come first, one after the other, and `finish` last.
struct BatchReplyBody: Sendable {
    /// What memory is kept for the next reply.
    private static let keptCapacity = 1 << 20
    private static let itemHead = sum("{\"Item\":")
    private static let braceToComma = sum("}") ^ sum(",")
    private static let commaToBracket = sum(",") ^ sum("]")

    private(set) var bytes: [UInt8] = []
    /// The checksum of the first `summed` bytes.
    private var sum = CRC32.initial
    private var summed = 0

    /// Begins a reply; what there is of another is forgotten.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        sum = CRC32.initial
        summed = 0
        append("{\"Responses\":{")
    }

    /// Makes room for a large reply, in memory that is there: items are added while others wait for their shard.
    mutating func reserve(_ count: Int) {
        bytes = [UInt8](repeating: 0, count: count)
    }

    /// Forgets the reply.
    ///
    /// Memory grown for a large one is given back.
    mutating func removeAll() {
        if bytes.capacity > Self.keptCapacity { bytes = [] }
        bytes.removeAll(keepingCapacity: true)
    }

    /// Hands out the bytes so far, and forgets the reply.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Begins the list of a table's items.
    mutating func beginTable(_ rawName: UnsafeRawBufferPointer) {
        if bytes[bytes.count - 1] == UInt8(ascii: "]") { append(",") }
        append("\"")
        unsafe bytes.append(contentsOf: rawName)
        append("\":[")
    }

    /// Adds an item; `checksum` is that of its stored form.
    ///
    /// - Returns: Where it stands.
    @discardableResult
    mutating func add(_ item: UnsafeRawBufferPointer, checksum: UInt32) -> ByteRange {
        sumUp()
        let start = bytes.count
        unsafe bytes.append(contentsOf: item)
        bytes.append(UInt8(ascii: ","))
        summed = bytes.count
        // The stored form has this head before the item and a brace after it. Checksums are linear: that of what is here
        // followed by item and brace differs from that of the stored form by what the two beginnings differ by, moved on.
        sum = CRC32.combine(sum ^ Self.itemHead, checksum, count: item.count + 1) ^ Self.braceToComma
        return ByteRange(start: start, end: bytes.count - 1)
    }

    /// Adds an item, projected if asked.
    ///
    /// - Returns: False when it can't be projected.
    mutating func add(_ item: UnsafeRawBufferPointer, _ projection: Projection?) -> Bool {
        if let projection {
            guard unsafe projection.apply(item: item, into: &bytes) else { return false }
        } else {
            unsafe bytes.append(contentsOf: item)
        }
        bytes.append(UInt8(ascii: ","))
        return true
    }

    /// Ends the list of a table's items.
    mutating func endTable() {
        guard bytes[bytes.count - 1] == UInt8(ascii: ",") else { return append("]") }
        bytes[bytes.count - 1] = UInt8(ascii: "]")
        if summed == bytes.count { sum ^= Self.commaToBracket }
    }

    /// Ends the reply, with one finished entry of `UnprocessedKeys` for each table that has some; `capacity` is nil when
    /// none was asked for.
    mutating func finish(unprocessed: [[UInt8]] = [], capacity: [ConsumedCapacity]?) {
        append("},\"UnprocessedKeys\":{")
        for (index, entry) in unprocessed.enumerated() {
            if index > 0 { append(",") }
            bytes += entry
        }
        append("}")
        if let capacity {
            append(",\"ConsumedCapacity\":[")
            for (index, entry) in capacity.enumerated() {
                if index > 0 { append(",") }
                entry.append(to: &bytes)
            }
            append("]")
        }
        append("}")
        sumUp()
    }

    /// The CRC-32 of a finished reply.
    var checksum: UInt32 { sum }

    /// Calls `body` with the finished reply and its checksum.
    func withReply(_ body: (UnsafeRawBufferPointer, _ checksum: UInt32) -> Void) {
        unsafe bytes.withUnsafeBytes { unsafe body($0, sum) }
    }

    private mutating func sumUp() {
        guard summed < bytes.count else { return }
        sum = unsafe bytes.withUnsafeBytes { [sum, summed] bytes in
            unsafe CRC32.update(sum, UnsafeRawBufferPointer(rebasing: bytes[summed...]))
        }
        summed = bytes.count
    }

    private mutating func append(_ text: StaticString) {
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    private static func sum(_ text: StaticString) -> UInt32 {
        unsafe CRC32.checksum(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
