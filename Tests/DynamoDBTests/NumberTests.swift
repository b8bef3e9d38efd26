import Testing

@testable import DynamoDB

@Suite struct NumberTests {
    private func number(_ text: String) throws -> Number { try Number(text.utf8) }

    private func sum(_ one: String, _ other: String) throws -> String {
        try number(one).adding(number(other)).description
    }

    @Test func readsAndWritesAsNumberText() throws {
        var values = RandomValues(seed: 11)
        for _ in 0..<3000 {
            let text = values.number()
            let plain = try reading(text) { try NumberText.canonical($0) }
            #expect(try number(text).description == plain)
            #expect(try number(text) == number(plain))
        }
        #expect(Number(-1200).description == "-1200")
        #expect(Number(0) == .zero)
        #expect(Number(Int.min).description == "\(Int.min)")
    }

    @Test(
        arguments: [
            ("1", "2", "3"), ("-1", "1", "0"), ("0", "-5", "-5"), ("0.1", "0.2", "0.3"), ("999", "1", "1000"),
            ("1E38", "-1", "99999999999999999999999999999999999999"),
            ("99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000"),
            (
                "50000000000000000000000000000000000000", "50000000000000000000000000000000000000",
                "100000000000000000000000000000000000000"
            ),
            ("1.5", "-0.25", "1.25"), ("-7", "3", "-4"), ("1E-30", "1E-30", "0.000000000000000000000000000002"),
        ] as [(String, String, String)]
    )
    func exactSums(one: String, other: String, expected: String) throws {
        #expect(try sum(one, other) == expected)
        #expect(try sum(other, one) == expected)
    }

    @Test(
        arguments: [
            ("9.9E125", "9.9E125", .overflow), ("-9.9E125", "-9.9E125", .overflow),
            ("1.1E-130", "-1E-130", .underflow),
            ("1E38", "1", .tooManyDigits), ("1E125", "1E-130", .tooManyDigits), ("-1E60", "1", .tooManyDigits),
            ("99999999999999999999999999999999999999", "0.1", .tooManyDigits),
            ("9E38", "1", .tooManyDigits), ("3.4E38", "1", .tooManyDigits),
        ] as [(String, String, NumberError)]
    )
    func refusedSums(one: String, other: String, expected: NumberError) {
        #expect(throws: expected) { try sum(one, other) }
        #expect(throws: expected) { try sum(other, one) }
    }

    /// Against addition digit by digit, as at school.
    @Test func sumsAgainstASlowModel() throws {
        var values = RandomValues(seed: 12)
        for _ in 0..<3000 {
            let (one, other) = (try number(values.number()), try number(values.number()))
            let sum = try one.adding(other)
            #expect(sum == slowSum(one, other))
            #expect(try sum.subtracting(other) == one)
        }
    }

    /// Both numbers as integers of units of 1E-20; their digits stay below 10^35.
    private func slowSum(_ one: Number, _ other: Number) -> Number? {
        let units = [one, other].map { number in
            (number.isNegative ? -1 : 1) * Int128(number.coefficient * Number.power(number.exponent + 20))
        }
        let sum = units[0] + units[1]
        return try? Number(isNegative: sum < 0, reducing: sum.magnitude, exponent: -20)
    }

    @Test func sortKeysKeepTheOrder() throws {
        let ordered = [
            "-9.9999999999999999999999999999999999999E125", "-1E125", "-1000", "-999.5", "-12.5", "-12.01", "-12",
            "-10.01",
            "-10", "-9.99", "-1", "-0.5", "-1E-130", "0", "1E-130", "0.5", "1", "9.99", "10", "10.01", "12", "12.01",
            "12.5", "999.5", "1000", "1E125", "9.9999999999999999999999999999999999999E125",
        ]
        var numbers = try ordered.map { try number($0) }
        var values = RandomValues(seed: 13)
        for _ in 0..<300 { numbers.append(try number(values.number())) }
        for one in numbers {
            for other in numbers {
                let keys = [one, other].map { AttributeValue.number($0).sortKey ?? [] }
                #expect(keys[0].lexicographicallyPrecedes(keys[1]) == (one < other))
                #expect((keys[0] == keys[1]) == (one == other))
                #expect(keys[0].count <= 22)
            }
        }
        for (one, next) in zip(ordered, ordered.dropFirst()) { #expect(try number(one) < number(next)) }
    }

    @Test(
        arguments: [
            ("0", 1), ("1", 2), ("12", 2), ("123", 3), ("3.14159", 5), ("123456", 4), ("-1", 3), ("1E125", 2),
            ("0.1", 2),
        ]
    )
    func size(text: String, expected: Int) throws {
        #expect(try number(text).size == expected)
    }
}
