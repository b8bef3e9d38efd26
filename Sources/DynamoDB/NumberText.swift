/// Why a number attribute is refused: ValidationException with this message.
public enum NumberError: Error, Equatable, Sendable {
    case notNumeric
    case overflow
    case underflow
    case tooManyDigits

    /// DynamoDB's message.
    ///
    /// `text` is the number as the client sent it.
    public func message(for text: String) -> String {
        switch self {
        case .notNumeric:
            "The parameter cannot be converted to a numeric value: " + text
        case .overflow:
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        case .underflow:
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        case .tooManyDigits:
            "Attempting to store more than 38 significant digits in a Number"
        }
    }

    /// The message of the service's older checks, which read numbers as Java's BigDecimal does, with an exponent of 32
    /// bits (paritysuite/dynamodb-conformance, tests/tier3/error-messages/valueLayers.test.ts, compared with the service).
    func olderMessage(for text: String) -> String {
        if text.isEmpty { return "The parameter cannot be converted to a numeric value" }
        let parts = text.split { $0 == "e" || $0 == "E" }
        guard self == .overflow || self == .underflow, parts.count == 2, let exponent = Int(parts[1]) else {
            return message(for: text)
        }
        if Int32(exactly: exponent) == nil { return NumberError.notNumeric.message(for: text) }
        return exponent == Int32.max ? NumberError.underflow.message(for: text) : message(for: text)
    }
}

/// DynamoDB's decimal numbers: up to 38 significant digits, magnitudes from 1E-130 to 9.99...E+125, and zero.
///
/// `1`, `1.0`, `+1` and `10e-1` are one number. The syntax is that of Java's BigDecimal.
public struct NumberText: Sendable {
    /// Zero has no digits, no sign and exponent 0.
    public private(set) var isNegative = false
    /// Magnitude of a written exponent that no number of digits in a request makes up for.
    private static let maximumScale = Int(Int32.max)

    /// Power of ten of the first significant digit, -130 to 125.
    public private(set) var exponent = 0
    /// How many of ``digits`` count, 0 to 38.
    private var digitCount = 0
    /// Significant digits, 0 to 9 each, without leading or trailing zeros.
    private var digits = InlineArray<38, UInt8>(repeating: 0)

    /// Reads a number's text.
    public init(_ text: UnsafeRawBufferPointer) throws(NumberError) {
        try unsafe self.init(text.makeIterator())
    }

    /// Reads a number's text from an iterator over its bytes.
    init(_ text: consuming some IteratorProtocol<UInt8>) throws(NumberError) {
        var text = text
        var next = text.next()
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") {
            isNegative = next == UInt8(ascii: "-")
            next = text.next()
        }

        // Counts are those of digits read; `significant` starts at the first digit that is not zero, and trailing zeros
        // wait in `zeros` until another digit shows that they count.
        var (integerDigits, fractionDigits, significant, zeros) = (0, 0, 0, 0)
        var inFraction = false
        while let byte = next {
            if byte == UInt8(ascii: "."), !inFraction {
                inFraction = true
            } else if case UInt8(ascii: "0")...UInt8(ascii: "9") = byte {
                if inFraction { fractionDigits += 1 } else { integerDigits += 1 }
                if byte == UInt8(ascii: "0") {
                    if significant > 0 { zeros += 1 }
                } else {
                    significant += zeros + 1
                    zeros = 0
                    if significant <= 38 { digits[significant - 1] = byte - UInt8(ascii: "0") }
                }
            } else {
                break
            }
            next = text.next()
        }
        guard integerDigits + fractionDigits > 0 else { throw .notNumeric }

        let scale = try Self.scale(&text, after: next)
        guard significant > 0 else {
            // Whatever exponent it is written with (scylladb/scylladb, test/alternator/test_number.py).
            isNegative = false
            return
        }
        if scale > Self.maximumScale { throw .overflow }
        if scale < -Self.maximumScale { throw .underflow }
        exponent = scale - fractionDigits + significant + zeros - 1
        if exponent > 125 { throw .overflow }
        if exponent < -130 { throw .underflow }
        if significant > 38 { throw .tooManyDigits }
        digitCount = significant
    }

    /// The exponent that follows the digits, when there is one.
    private static func scale(
        _ text: inout some IteratorProtocol<UInt8>,
        after last: UInt8?
    ) throws(NumberError) -> Int {
        guard let last else { return 0 }
        guard last == UInt8(ascii: "e") || last == UInt8(ascii: "E") else { throw .notNumeric }
        var next = text.next()
        let isNegative = next == UInt8(ascii: "-")
        if isNegative || next == UInt8(ascii: "+") { next = text.next() }
        guard next != nil else { throw .notNumeric }
        var value = 0
        while let byte = next {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { throw .notNumeric }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !overflows else { throw .notNumeric }
            value = sum
            next = text.next()
        }
        return isNegative ? -value : value
    }

    /// The number as DynamoDB returns it: plain notation, no leading or trailing zeros.
    public static func canonical(_ text: UnsafeRawBufferPointer) throws(NumberError) -> String {
        try unsafe NumberText(text).description
    }

    /// Appends a form that is the same for equal numbers and differs for others, at most 41 bytes: a byte for the sign,
    /// the exponent biased by 200 in two bytes, the digits.
    ///
    /// Zero is one byte.
    func appendKey(to key: KeyBuffer) {
        guard digitCount > 0 else {
            key.append(UInt8(ascii: "0"))
            return
        }
        key.append(isNegative ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        key.append(UInt16(truncatingIfNeeded: exponent + 200))
        for index in 0..<digitCount { key.append(digits[index]) }
    }
}

extension NumberText: CustomStringConvertible {
    /// The number in plain notation.
    public var description: String {
        guard digitCount > 0 else { return "0" }
        var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        // Powers of ten from the first digit written down to the last one.
        for power in stride(from: max(exponent, 0), through: min(exponent - digitCount + 1, 0), by: -1) {
            if power == -1 { text.append(UInt8(ascii: ".")) }
            let index = exponent - power
            text.append(UInt8(ascii: "0") + (0..<digitCount ~= index ? digits[index] : 0))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
