import Testing

@testable import DynamoDB

@Suite struct NumberTextTests {
    private func canonical(_ text: String) -> Result<String, NumberError> {
        withBytes(text) { bytes in
            do throws(NumberError) {
                return .success(try NumberText.canonical(bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func agreesWithVectors() throws {
        let rows = try #require(RequestFixtures.json("vectors/numbers.json") as? [[String: Any]])
        #expect(rows.count > 30)
        for row in rows {
            let input = try #require(row["input"] as? String)
            switch canonical(input) {
            case .success(let text): #expect(text == row["canonical"] as? String, "\(input)")
            case .failure(let error): #expect(error.olderMessage(for: input) == row["error"] as? String, "\(input)")
            }
        }
    }

    @Test(arguments: [
        ".", "+", "-", "e5", "1e", "1e+", "1e-", "+-1", "--1", "1..2", "1.2.3", "1_000", "1,5", "１", "1f", "1d", "1L",
        "1e5.0", "1e 5", "1e99999999999999999999", "1e9223372036854775808", "\u{0}1", "1\u{0}", "infinity", "-Infinity",
    ])
    func refusesOtherSyntax(_ text: String) {
        #expect(canonical(text) == .failure(.notNumeric))
    }

    @Test func hasDynamoDBsLimits() {
        let nines = String(repeating: "9", count: 38)
        #expect(canonical(nines) == .success(nines))
        #expect(canonical("0." + nines + "e126").map(\.count) == .success(126))
        #expect(canonical("9" + nines) == .failure(.tooManyDigits))
        #expect(canonical("1" + String(repeating: "0", count: 125)).map(\.count) == .success(126))
        #expect(canonical("1" + String(repeating: "0", count: 126)) == .failure(.overflow))
        #expect(canonical("9e-131") == .failure(.underflow))
        #expect(canonical("10e-131").map(\.count) == .success(132))
        #expect(canonical("1e2147483647") == .failure(.overflow))
        #expect(canonical("1e-2147483647") == .failure(.underflow))
        #expect(canonical("1e99999999999") == .failure(.overflow))
        #expect(canonical("1e-9223372036854775807") == .failure(.underflow))
        #expect(canonical("0e125") == .success("0"))
        #expect(canonical("0e126") == .success("0"))
        #expect(canonical("0e-131") == .success("0"))
        #expect(canonical("-0.000") == .success("0"))
        // Long texts cost time in proportion and nothing else.
        let zeros = String(repeating: "0", count: 100_000)
        #expect(canonical(zeros + "7." + zeros) == .success("7"))
        #expect(canonical("0." + zeros + "7e100001") == .success("7"))
    }

    @Test(
        arguments: [
            ("", .notNumeric, "The parameter cannot be converted to a numeric value"),
            ("1e2147483646", .overflow, "Number overflow. Attempting to store a number with magnitude larger than"),
            ("1e2147483647", .overflow, "Number underflow. Attempting to store a number with magnitude smaller than"),
            ("1E2147483648", .overflow, "The parameter cannot be converted to a numeric value: 1E2147483648"),
            ("1e-99999999999", .underflow, "The parameter cannot be converted to a numeric value: 1e-99999999999"),
        ] as [(String, NumberError, String)]
    )
    func olderMessages(text: String, error: NumberError, message: String) {
        #expect(canonical(text) == .failure(error))
        #expect(error.olderMessage(for: text).hasPrefix(message))
    }

    /// A number made of a sign, digits and an exponent, written in many ways, always has one canonical text and one key.
    @Test func everySpellingIsOneNumber() {
        var random = SeededGenerator(state: 1)
        for _ in 0..<2000 {
            let count = Int.random(in: 1...38, using: &random)
            var digits = (0..<count).map { _ in Int.random(in: 0...9, using: &random) }
            digits[0] = Int.random(in: 1...9, using: &random)
            digits[count - 1] = Int.random(in: 1...9, using: &random)
            let exponent = Int.random(in: -130...125, using: &random)
            let sign = Bool.random(using: &random) ? "-" : ""
            let expected = sign + Self.plain(digits, exponent)
            for _ in 0..<4 {
                let text = sign + Self.spelling(digits, exponent, &random)
                #expect(canonical(text) == .success(expected), "\(text)")
                #expect(key(text) == key(expected), "\(text)")
            }
            #expect(key((sign.isEmpty ? "-" : "") + Self.plain(digits, exponent)) != key(expected))
            if exponent < 125 { #expect(key(sign + Self.plain(digits, exponent + 1)) != key(expected)) }
        }
    }

    private func key(_ text: String) -> [UInt8]? {
        withBytes(text) { bytes in
            guard let number = try? NumberText(bytes) else { return nil }
            let buffer = KeyBuffer()
            number.appendKey(to: buffer)
            return Array(buffer.bytes)
        }
    }

    /// Plain notation, the slow way: shift the decimal point through a string of zeros.
    static func plain(_ digits: [Int], _ exponent: Int) -> String {
        let zeros = String(repeating: "0", count: 140)
        let all = zeros + digits.map(String.init).joined() + zeros
        let point = zeros.count + exponent + 1
        var whole = String(all.prefix(point).drop { $0 == "0" })
        var fraction = String(all.dropFirst(point))
        while fraction.last == "0" { fraction.removeLast() }
        if whole.isEmpty { whole = "0" }
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    /// The number with its point anywhere, zeros added at both ends and an exponent that makes up for it.
    static func spelling(_ digits: [Int], _ exponent: Int, _ random: inout SeededGenerator) -> String {
        let leading = Int.random(in: 0...3, using: &random)
        let trailing = Int.random(in: 0...3, using: &random)
        let all =
            String(repeating: "0", count: leading) + digits.map(String.init).joined()
            + String(repeating: "0", count: trailing)
        let point = Int.random(in: 0...all.count, using: &random)
        let shift = exponent - (point - leading - 1)
        let e = Bool.random(using: &random) ? "e" : "E"
        let plus = shift >= 0 && Bool.random(using: &random) ? "+" : ""
        let dot = point < all.count || Bool.random(using: &random) ? "." : ""
        return "\(all.prefix(point))\(dot)\(all.dropFirst(point))\(e)\(plus)\(shift)"
    }
}
