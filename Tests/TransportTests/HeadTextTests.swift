import Testing

@testable import Transport

/// What is looked at eight or sixteen bytes at a time is what a loop over the bytes finds, wherever the byte stands.
@Suite struct HeadTextTests {
    private static let lengths = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 40]

    /// The place at which `end` stops in texts of `filler` with one other byte in them.
    private func expectStops(
        _ filler: UInt8,
        where isWithin: (UInt8) -> Bool,
        _ end: (HeadText, Int) -> Int
    ) {
        for length in Self.lengths {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: filler, count: length)
                    bytes[place] = byte
                    let found = bytes.withUnsafeBytes { end(HeadText($0), 0) }
                    guard found != (isWithin(byte) ? length : place) else { continue }
                    Issue.record("byte \(byte) at \(place) of \(length): stopped at \(found)")
                }
            }
        }
    }

    @Test func tokens() {
        for filler in [UInt8(ascii: "a"), UInt8(ascii: "-"), UInt8(ascii: "_")] {
            expectStops(filler, where: \.isTokenByte) { $0.endOfToken(from: $1) }
        }
    }

    @Test func fieldText() {
        for filler in [UInt8(ascii: "~"), 0x80, 0xff, ASCII.tab] {
            expectStops(filler, where: \.isFieldByte) { $0.endOfFieldText(from: $1) }
        }
    }

    @Test func severalStopsInAWord() {
        let text = Array("ab\u{1}\u{2}cdef\u{7f}\u{80} \r\n0123456789".utf8)
        text.withUnsafeBytes { bytes in
            let text = HeadText(bytes)
            #expect(text.endOfFieldText(from: 0) == 2)
            #expect(text.endOfFieldText(from: 3) == 3)
            #expect(text.endOfFieldText(from: 4) == 8)
            #expect(text.endOfFieldText(from: 9) == 12)
            #expect(text.endOfToken(from: 4) == 8)
        }
    }

    @Test func caseIsIgnoredForLettersOnly() {
        let name: StaticString = "a-z0_9.~{`[@^content"
        let lowercase = Array("a-z0_9.~{`[@^content".utf8)
        for place in lowercase.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = lowercase
                bytes[place] = byte
                let isEqual = bytes.withUnsafeBytes { $0.equalsIgnoringCase(name) }
                #expect(isEqual == (byte.asciiLowercased == lowercase[place]), "\(byte) at \(place)")
            }
        }
    }

    @Test(arguments: [
        "", "H", "Ab", "hOSt", "Via-7", "EXPECT", "x-thing", "X-eight8", "Connection", "seventeen-letters",
    ])
    func namesOfAllLengths(name: String) {
        let request = Array(name.utf8)
        request.withUnsafeBytes { bytes in
            let expected: [StaticString] = [
                "", "h", "ab", "host", "via-7", "expect", "x-thing", "x-eight8", "connection", "seventeen-letters",
            ]
            for other in expected {
                #expect(bytes.equalsIgnoringCase(other) == (name.lowercased() == other.description))
            }
        }
    }
}
