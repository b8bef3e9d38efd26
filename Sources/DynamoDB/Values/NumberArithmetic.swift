extension Number {
    /// The number with the other sign.
    var negated: Number {
        // Cannot fail: the magnitude is that of a number.
        (try? Number(isNegative: !isNegative, reducing: coefficient, exponent: exponent)) ?? self
    }

    /// The exact sum.
    ///
    /// Refuses a sum that DynamoDB cannot store: it never rounds.
    func adding(_ other: Number) throws(NumberError) -> Number {
        if coefficient == 0 { return other }
        if other.coefficient == 0 { return self }
        let (high, low) = exponent >= other.exponent ? (self, other) : (other, self)

        // Both as integers at the lower exponent. The sum's last digit is then the lower number's, which is not zero
        // unless the exponents are equal; so what does not fit into 128 bits has more than 38 significant digits.
        let shift = high.exponent - low.exponent
        guard shift <= Self.maximumDigits else { throw .tooManyDigits }
        let (aligned, isTooLong) = high.coefficient.multipliedReportingOverflow(by: Self.power(shift))
        guard !isTooLong else { throw .tooManyDigits }

        if high.isNegative == low.isNegative {
            let (sum, overflows) = aligned.addingReportingOverflow(low.coefficient)
            guard !overflows else { throw .tooManyDigits }
            return try Number(isNegative: low.isNegative, reducing: sum, exponent: low.exponent)
        }
        let isHighGreater = aligned > low.coefficient
        return try Number(
            isNegative: isHighGreater ? high.isNegative : low.isNegative,
            reducing: isHighGreater ? aligned - low.coefficient : low.coefficient - aligned,
            exponent: low.exponent
        )
    }

    /// The exact difference.
    ///
    /// Refuses a difference that DynamoDB cannot store: it never rounds.
    func subtracting(_ other: Number) throws(NumberError) -> Number {
        try adding(other.negated)
    }
}
