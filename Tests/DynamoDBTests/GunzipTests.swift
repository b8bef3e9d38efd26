import DynamoDB
import Foundation
import Testing

@Suite struct GunzipTests {
    /// `{"TableName":"t"}`.
    private let request = decoded("H4sIAAAAAAACA6tWCklMykn1S8xNVbJSKlGqBQB8cjbXEQAAAA==")
    /// Nothing.
    private let empty = decoded("H4sIAAAAAAACAwMAAAAAAAAAAAA=")
    /// 100,000 zeros in 133 bytes.
    private let zeros = decoded(
        "H4sIAAAAAAACA+3BMQEAAADCoPVPbQ0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA32VEdSghgEA"
    )

    private static func decoded(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64) ?? Data())
    }

    private func decompress(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try Gunzip.decompress($0, limit: limit) }
    }

    @Test func decompresses() throws {
        #expect(text(try decompress(request)) == #"{"TableName":"t"}"#)
        #expect(try decompress(empty).isEmpty)
        #expect(try decompress(zeros) == [UInt8](repeating: 0, count: 100_000))
    }

    @Test func decompressesSeveralMembers() throws {
        #expect(text(try decompress(request + empty + request)) == #"{"TableName":"t"}{"TableName":"t"}"#)
    }

    @Test func stopsAtTheLimit() throws {
        #expect(try decompress(zeros, limit: 100_000).count == 100_000)
        for limit in [0, 1, 65_536, 99_999] {
            #expect(throws: GunzipError.tooLarge) { try decompress(zeros, limit: limit) }
        }
        #expect(throws: GunzipError.tooLarge) { try decompress(request + request, limit: 33) }
        #expect(try decompress(empty, limit: 0).isEmpty)
    }

    @Test func refusesWhatIsCutShort() {
        for count in 0..<request.count {
            #expect(throws: GunzipError.malformed) { try decompress(Array(request[..<count])) }
            #expect(throws: GunzipError.malformed) { try decompress(request + request[..<max(count, 1)]) }
        }
    }

    @Test func refusesWhatIsNotGzip() {
        let zlib = Self.decoded("eNqrrgUAAXUA+Q==")
        for bytes in [zlib, Array("{\"TableName\":\"t\"}".utf8), request + [0], request + Array("x".utf8)] {
            #expect(throws: GunzipError.malformed) { try decompress(bytes) }
        }
        // Every byte of the checksum and of the length counts.
        for index in request.indices.suffix(8) {
            var damaged = request
            damaged[index] ^= 1
            #expect(throws: GunzipError.malformed) { try decompress(damaged) }
        }
    }

    @Test func survivesDamage() {
        var random = SplitMix(state: 1)
        for _ in 0..<2000 {
            var damaged = Bool.random(using: &random) ? request : zeros
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let output = try? decompress(damaged, limit: 200_000)
            #expect((output?.count ?? 0) <= 200_000)
        }
    }
}
