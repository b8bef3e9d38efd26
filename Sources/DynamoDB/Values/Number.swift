/// A value of DynamoDB's Number type: up to 38 significant digits, magnitudes from 1E-130 to 9.99...E+125, and zero.
///
/// Equal numbers have one representation, so `1`, `1.0` and `10e-1` are the same value and hash alike.
public struct Number: Sendable, Hashable {
    /// Significant digits a number may have.
    static let maximumDigits = 38

    /// Whether the number is less than zero.
    public let isNegative: Bool
    /// The significant digits as an integer, which does not end with a zero; 0 for zero.
    let coefficient: UInt128
    /// The power of ten of the coefficient's last digit; 0 for zero.
    let exponent: Int

    /// The number 0.
    public static let zero = Number(isNegative: false, coefficient: 0, exponent: 0)

    private init(isNegative: Bool, coefficient: UInt128, exponent: Int) {
        self.isNegative = isNegative
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// The number `coefficient` times ten to the power of `exponent`.
    ///
    /// Refuses what DynamoDB cannot store.
    init(isNegative: Bool, reducing coefficient: UInt128, exponent: Int) throws(NumberError) {
        var (coefficient, exponent) = (coefficient, exponent)
        guard coefficient > 0 else {
            self = .zero
            return
        }
        while coefficient.isMultiple(of: 10) {
            coefficient /= 10
            exponent += 1
        }
        let first = exponent + Self.digitCount(coefficient) - 1
        if first > 125 { throw .overflow }
        if first < -130 { throw .underflow }
        if coefficient >= Self.power(Self.maximumDigits) { throw .tooManyDigits }
        self.init(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    }

    /// Reads a number's text, as `NumberText` does.
    init(_ text: some Sequence<UInt8>) throws(NumberError) {
        let number = try NumberText(text.makeIterator())
        // The plain notation holds the significant digits in order; what comes before the first and after the last of
        // them is zeros, which the pending count drops.
        var coefficient: UInt128 = 0
        var (digits, zeros) = (0, 0)
        for byte in number.description.utf8 {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { continue }
            if byte == UInt8(ascii: "0") {
                if digits > 0 { zeros += 1 }
            } else {
                coefficient = coefficient * Self.power(zeros + 1) + UInt128(byte - UInt8(ascii: "0"))
                digits += zeros + 1
                zeros = 0
            }
        }
        self.init(
            isNegative: number.isNegative,
            coefficient: coefficient,
            exponent: digits == 0 ? 0 : number.exponent - digits + 1
        )
    }

    /// An integer.
    public init(_ value: Int) {
        var (coefficient, exponent) = (UInt128(value.magnitude), 0)
        while coefficient > 0, coefficient.isMultiple(of: 10) {
            coefficient /= 10
            exponent += 1
        }
        self.init(isNegative: value < 0, coefficient: coefficient, exponent: exponent)
    }

    /// Ten to the power of `exponent`, which is 0 to 38.
    static func power(_ exponent: Int) -> UInt128 {
        var power: UInt128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    /// How many decimal digits `value` has; 0 for zero.
    static func digitCount(_ value: UInt128) -> Int {
        var (value, count) = (value, 0)
        while value >= 10_000_000_000 {
            value /= 10_000_000_000
            count += 10
        }
        while value > 0 {
            value /= 10
            count += 1
        }
        return count
    }

    /// Significant digits, 0 to 38.
    var digitCount: Int { Self.digitCount(coefficient) }

    /// Bytes the number takes in an item (``ItemSize``).
    public var size: Int {
        guard coefficient > 0 else { return 1 }
        let first = exponent + digitCount - 1
        // Pairs of digits start at even powers of ten.
        return 1 + (first >> 1) - (exponent >> 1) + 1 + (isNegative ? 1 : 0)
    }

    /// Appends the number in plain notation, as DynamoDB returns it.
    func appendText(to output: inout [UInt8]) {
        guard coefficient > 0 else {
            output.append(UInt8(ascii: "0"))
            return
        }
        if isNegative { output.append(UInt8(ascii: "-")) }
        let digits = self.digits
        let first = exponent + digits.count - 1
        for power in stride(from: max(first, 0), through: min(exponent, 0), by: -1) {
            if power == -1 { output.append(UInt8(ascii: ".")) }
            let index = first - power
            output.append(UInt8(ascii: "0") + (digits.indices ~= index ? digits[index] : 0))
        }
    }

    /// The significant digits, 0 to 9 each, the first one first.
    var digits: [UInt8] {
        var digits: [UInt8] = []
        var rest = coefficient
        while rest > 0 {
            digits.append(UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        digits.reverse()
        return digits
    }
}

extension Number: Comparable {
    /// Whether `left` is the lesser value.
    public static func < (left: Number, right: Number) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.magnitudeIsLess(than: left) : left.magnitudeIsLess(than: right)
    }

    func magnitudeIsLess(than other: Number) -> Bool {
        guard coefficient > 0, other.coefficient > 0 else { return coefficient < other.coefficient }
        let (digits, otherDigits) = (digitCount, other.digitCount)
        let (first, otherFirst) = (exponent + digits, other.exponent + otherDigits)
        if first != otherFirst { return first < otherFirst }
        return coefficient * Self.power(Self.maximumDigits - digits)
            < other.coefficient * Self.power(Self.maximumDigits - otherDigits)
    }
}

extension Number: CustomStringConvertible {
    /// The number in plain notation, without leading or trailing zeros.
    public var description: String {
        var text: [UInt8] = []
        appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
