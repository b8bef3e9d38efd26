extension Number {
    /// Appends a form whose order, byte by byte, is that of the numbers; at most 21 bytes.
    ///
    ///     negative   3F - exponent   65 - pair ... 65 - pair   66
    ///     zero       80
    ///     positive   C0 + exponent   1 + pair  ...  1 + pair
    ///
    /// The exponent is to base 100, such that the number is its pairs of digits behind the point times 100 to its power.
    /// Of two negative numbers the one whose pairs end first is the greater, which the last byte sees to; after 20 pairs
    /// none follows and it is left out. This is the form the service hashes (mhart/dynalite, test/scan.js, "number hash
    /// order", which ran against the service).
    func appendSortKey(to output: inout [UInt8]) {
        guard coefficient > 0 else {
            output.append(0x80)
            return
        }
        var digits = self.digits
        var power = exponent + digits.count
        if !power.isMultiple(of: 2) {
            digits.insert(0, at: 0)
            power += 1
        }
        if !digits.count.isMultiple(of: 2) { digits.append(0) }
        let mask: UInt8 = isNegative ? 0xFF : 0
        output.append((UInt8(truncatingIfNeeded: power >> 1) &+ 0xC0) ^ mask)
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = digits[index] * 10 + digits[index + 1]
            output.append(isNegative ? 101 - pair : 1 + pair)
        }
        if isNegative && digits.count < 40 { output.append(102) }
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
