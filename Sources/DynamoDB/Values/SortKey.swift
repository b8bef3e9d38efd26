extension Number {
    /// Appends a form whose order, byte by byte, is that of the numbers; at most 22 bytes.
    ///
    ///     negative   00  ~exponent  ~pair ... ~pair  FF
    ///     zero       01
    ///     positive   02   exponent   pair ...  pair
    ///
    /// The exponent is that of the first digit, plus 130. A pair is two digits (the last is filled up with a zero) as
    /// 1 to 100, so that no complement is FF: of two negative numbers the one whose digits end first is the greater.
    func appendSortKey(to output: inout [UInt8]) {
        guard coefficient > 0 else {
            output.append(1)
            return
        }
        let digits = self.digits
        let mask: UInt8 = isNegative ? 0xFF : 0
        output.append(isNegative ? 0 : 2)
        output.append(UInt8(truncatingIfNeeded: exponent + digits.count - 1 + 130) ^ mask)
        for index in stride(from: 0, to: digits.count, by: 2) {
            let second = index + 1 < digits.count ? digits[index + 1] : 0
            output.append((digits[index] * 10 + second + 1) ^ mask)
        }
        if isNegative { output.append(0xFF) }
    }
}

extension AttributeValue {
    /// Bytes whose order is DynamoDB's order of sort keys of one type: numbers by value, strings by their UTF-8, binaries
    /// as unsigned bytes.
    ///
    /// Different values have different bytes. Nil for a type that no key has.
    public var sortKey: [UInt8]? {
        switch self {
        case .string(let bytes), .binary(let bytes):
            return bytes
        case .number(let number):
            var bytes: [UInt8] = []
            number.appendSortKey(to: &bytes)
            return bytes
        case .bool, .null, .list, .map, .stringSet, .numberSet, .binarySet:
            return nil
        }
    }
}
