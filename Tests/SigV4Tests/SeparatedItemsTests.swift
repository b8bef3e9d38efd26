import Testing

@testable import SigV4

@Suite struct SeparatedItemsTests {
    private func items(_ text: String) -> [String] {
        Array(text.utf8).withBytes { bytes in
            var items = SeparatedItems(bytes, separator: UInt8(ascii: ";"))
            var found: [String] = []
            while let range = items.next() { found.append(bytes[range].text) }
            return found
        }
    }

    @Test(arguments: [
        ("", []), (";", [""]), (";;", ["", ""]), ("a", ["a"]), ("a;", ["a"]), ("a;b", ["a", "b"]), (";a", ["", "a"]),
        ("a%3Bb", ["a", "b"]), ("a%3bb%3B", ["a", "b"]), ("a%3", ["a%3"]), ("%", ["%"]), ("%%3B;", ["%", ""]),
        ("%2F;%zz;", ["%2F", "%zz"]), ("a%253Bb", ["a%253Bb"]),
        ("content-type;host;x-amz-date;x-amz-target", ["content-type", "host", "x-amz-date", "x-amz-target"]),
        ("1234567;12345678;123456789%3B", ["1234567", "12345678", "123456789"]),
    ])
    func separates(text: String, expected: [String]) {
        #expect(items(text) == expected)
    }

    @Test func separatorsAtEveryPlace() {
        for length in 1...20 {
            for place in 0..<length {
                var text = [Character](repeating: "a", count: length)
                text[place] = ";"
                let parts = [String(text[..<place])] + (place + 1 < length ? [String(text[(place + 1)...])] : [])
                #expect(items(String(text)) == parts)
            }
        }
    }

    @Test func bytesBelowALimit() {
        for length in 0...20 {
            for place in 0..<length {
                for byte: UInt8 in [0, 9, 0x1f, 0x20, 0x21, 0x22, 0x7f, 0x80, 0xa0, 0xff] {
                    var text = [UInt8](repeating: 0xff, count: length)
                    text[place] = byte
                    let found = text.withBytes { $0.firstIndex(below: 0x21, from: 0) }
                    #expect(found == (byte < 0x21 ? place : length), "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test func caseIsIgnoredForLettersOnly() {
        let names = ["host", "x-amz-date", "^`~{[@0_", "x-amz-content-sha256"].map { Array($0.utf8) }
        for name in names {
            for place in name.indices {
                for byte in UInt8.min...UInt8.max {
                    var other = name
                    other[place] = byte
                    let isEqual = other.withBytes { other in name.withBytes { other.equalsIgnoringCase($0) } }
                    #expect(isEqual == (byte.lowerCase == name[place]), "\(byte) at \(place)")
                }
            }
        }
    }

    /// The list of the request before is kept; it must not be taken for another's.
    @Test func listsOfRequestsInTurn() throws {
        let verifier = SignatureVerifier()
        var typed = SignedRequest()
        typed.headers.append(("Content-Type", " application/x-amz-json-1.0"))
        typed.signedHeaders = "content-type;host;x-amz-date;x-amz-target"
        let one = try typed.signed()
        let other = try SignedRequest().signed()
        var disordered = SignedRequest()
        disordered.signedHeaders = "host;x-amz-target;x-amz-date"
        let refused = disordered.raw(authorization: disordered.authorization(String(repeating: "0", count: 64)))
        for _ in 0..<2 {
            #expect(one.refusal(by: verifier) == nil)
            #expect(other.refusal(by: verifier) == nil)
            #expect(other.refusal(by: verifier) == nil)
            #expect(refused.refusal(by: verifier) == .signatureMismatch)
        }
    }
}
