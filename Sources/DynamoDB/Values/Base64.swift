/// Base64 as RFC 4648 section 4 has it: padded, and the bits that do not count are zero.
enum Base64 {
    /// The bytes that `text` stands for.
    ///
    /// The messages are DynamoDB's (mhart/dynalite, test/helpers.js `assertType`).
    static func decode(_ text: [UInt8]) throws(RequestError) -> [UInt8] {
        guard text.count.isMultiple(of: 4) else {
            throw .wrongType(
                message: "Base64 encoded length is expected a multiple of 4 bytes but found: \(text.count)"
            )
        }
        let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in text.dropLast(padding) {
            guard let value = value(byte) else {
                throw byte == UInt8(ascii: "=") ? lastCharacter : .wrongType(message: "Invalid Base64 character")
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        guard bits == 0 else { throw lastCharacter }
        return bytes
    }

    /// What is said of bits that do not count and of misplaced padding.
    private static let lastCharacter = RequestError.wrongType(
        message: "Invalid last non-pad Base64 character dectected"
    )

    /// Appends `bytes` as text.
    static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 { group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * index) & 63)
                output.append(index <= count ? unsafe alphabet.utf8Start[digit] : UInt8(ascii: "="))
            }
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
