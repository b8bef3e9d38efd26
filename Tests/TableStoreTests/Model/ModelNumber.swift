/// A decimal number of any length: `0.d1d2d3...` times a power of ten.
struct ModelNumber: Hashable, Sendable {
    private(set) var isNegative = false
    /// Digits from 0 to 9; neither the first nor the last is 0, and zero has none.
    private(set) var digits: [UInt8] = []
    private(set) var exponent = 0

    /// Zero.
    init() {}

    init(_ value: Int) {
        self.init(isNegative: value < 0, String(value.magnitude).utf8.map { $0 - 48 }, exponent: nil)
    }

    /// Takes off zeros; `exponent` is that of the first digit given, nil for an integer.
    private init(isNegative: Bool, _ digits: [UInt8], exponent: Int?) {
        guard let first = digits.firstIndex(where: { $0 != 0 }), let last = digits.lastIndex(where: { $0 != 0 }) else {
            return
        }
        self.isNegative = isNegative
        self.digits = Array(digits[first...last])
        self.exponent = (exponent ?? digits.count) - first
    }

    /// Parses `-12.50e-3`.
    init?(_ text: String) {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
        let parts = rest.split(separator: "e", omittingEmptySubsequences: false)
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, mantissa.count <= 2, let power = parts.count == 2 ? Int(parts[1]) : 0 else {
            return nil
        }
        let digits = mantissa.joined().utf8.map { $0 &- 48 }
        guard !digits.isEmpty, digits.allSatisfy({ $0 < 10 }) else { return nil }
        self.init(isNegative: isNegative, digits, exponent: mantissa[0].count + power)
    }

    /// Plain notation, as DynamoDB returns numbers.
    var text: String {
        if digits.isEmpty { return "0" }
        var text = digits.map { $0 + 48 }
        let zeros = { (count: Int) in [UInt8](repeating: 48, count: max(0, count)) }
        if exponent <= 0 {
            text = [48, 46] + zeros(-exponent) + text
        } else if exponent < text.count {
            text.insert(46, at: exponent)
        } else {
            text += zeros(exponent - text.count)
        }
        return (isNegative ? "-" : "") + String(decoding: text, as: UTF8.self)
    }

    /// Whether DynamoDB keeps the number: 38 digits, and a magnitude of 1E-130 to 9.9...9E+125.
    var isStorable: Bool { digits.isEmpty || digits.count <= 38 && -129...126 ~= exponent }

    /// Bytes: one, and one for each two digits beginning at even powers of ten; one more for a negative number.
    var size: Int {
        if digits.isEmpty { return 1 }
        let leading = exponent % 2 == 0 ? 0 : 1
        return 1 + (digits.count + leading + 1) / 2 + (isNegative ? 1 : 0)
    }

    var negated: ModelNumber {
        var number = self
        if !digits.isEmpty { number.isNegative.toggle() }
        return number
    }
}

extension ModelNumber: Comparable {
    static func < (left: ModelNumber, right: ModelNumber) -> Bool {
        let (leftSign, rightSign) = (left.sign, right.sign)
        if leftSign != rightSign { return leftSign < rightSign }
        return leftSign < 0 ? isSmaller(right, left) : isSmaller(left, right)
    }

    private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    /// Compares magnitudes.
    private static func isSmaller(_ left: ModelNumber, _ right: ModelNumber) -> Bool {
        if left.digits.isEmpty || right.digits.isEmpty { return left.digits.isEmpty && !right.digits.isEmpty }
        if left.exponent != right.exponent { return left.exponent < right.exponent }
        return left.digits.lexicographicallyPrecedes(right.digits)
    }

    static func + (left: ModelNumber, right: ModelNumber) -> ModelNumber {
        if left.digits.isEmpty { return right }
        if right.digits.isEmpty { return left }
        let top = max(left.exponent, right.exponent)
        let bottom = min(left.exponent - left.digits.count, right.exponent - right.digits.count)
        let (high, low) = isSmaller(left, right) ? (right, left) : (left, right)
        let (one, other) = (high.column(top, bottom), low.column(top, bottom))
        var sum = [UInt8](repeating: 0, count: one.count + 1)
        var carry = 0
        for place in one.indices.reversed() {
            let digit = Int(one[place]) + (left.isNegative == right.isNegative ? 1 : -1) * Int(other[place]) + carry
            carry = digit < 0 ? -1 : digit / 10
            sum[place + 1] = UInt8(digit - carry * 10)
        }
        sum[0] = UInt8(carry)
        return ModelNumber(isNegative: high.isNegative, sum, exponent: top + 1)
    }

    /// All digits from one power of ten down to another.
    private func column(_ top: Int, _ bottom: Int) -> [UInt8] {
        Array(repeating: 0, count: top - exponent) + digits
            + Array(repeating: 0, count: exponent - digits.count - bottom)
    }
}
