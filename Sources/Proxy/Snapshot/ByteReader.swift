/// Reads little-endian numbers and counted strings; nil past the end.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset: Int

    init(_ bytes: [UInt8], from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var left: Int { bytes.count - offset }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        let count = MemoryLayout<T>.size
        guard left >= count else { return nil }
        var value: T = 0
        for index in (0..<count).reversed() {
            value = (count == 1 ? 0 : value << 8) | T(truncatingIfNeeded: bytes[offset + index])
        }
        offset += count
        return value
    }

    /// The place of the next `count` bytes.
    mutating func range(_ count: Int) -> Range<Int>? {
        guard count >= 0, left >= count else { return nil }
        defer { offset += count }
        return offset..<(offset + count)
    }

    /// Bytes behind their number.
    mutating func string() -> [UInt8]? {
        guard let count = integer(UInt32.self), let range = range(Int(count)) else { return nil }
        return Array(bytes[range])
    }

    /// The same, if there is something.
    mutating func optionalString() -> [UInt8]?? {
        switch integer(UInt8.self) {
        case 0: .some(nil)
        case 1: string().map { .some($0) }
        default: nil
        }
    }
}

extension [UInt8] {
    mutating func append(little value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest = value.bitWidth == 8 ? 0 : rest >> 8
        }
    }

    /// Bytes behind their number.
    mutating func append(string: some Collection<UInt8>) {
        append(little: UInt32(clamping: string.count))
        append(contentsOf: string)
    }

    mutating func append(optional string: [UInt8]?) {
        append(string == nil ? 0 : 1)
        if let string { append(string: string) }
    }
}
