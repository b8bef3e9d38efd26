import Testing

@testable import Cache

struct KeyHasherTests {
    /// Hashes of the bytes 00, 01, 02 and so on under the seed 00, 01 to 0f, from a plain implementation in Python that agrees
    /// with CPython's own hash of bytes, which is SipHash-1-3 too.
    @Test func agreesWithAnother() {
        let hasher = KeyHasher(seed: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        for (count, expected) in Self.known {
            let key = (0..<count).map { UInt8($0) }
            #expect(key.withUnsafeBytes { hasher.hash($0) } == expected, "\(count) bytes")
        }
    }

    @Test func seedsDiffer() {
        let key: [UInt8] = [1, 2, 3]
        let hashes = (0..<8).map { _ in key.withUnsafeBytes { KeyHasher().hash($0) } }
        #expect(Set(hashes).count == 8)
    }

    private static let known: [(Int, UInt64)] = [
        (0, 0xabac_0158_050f_c4dc),
        (1, 0xc9f4_9bf3_7d57_ca93),
        (7, 0xd392_7d98_9bb1_1140),
        (8, 0x3690_9511_8d29_9a8e),
        (9, 0x25a4_8eb3_6c06_3de4),
        (15, 0xd320_d86d_2a51_9956),
        (16, 0xcc4f_dd1a_7d90_8b66),
        (31, 0x2370_dd1f_8c21_d1bc),
        (63, 0x9d19_9062_b7bb_b3a8),
    ]
}
