import Testing

@testable import TableStore

/// Values of Python's hashlib.
@Suite struct QueryKeyHashTests {
    @Test(
        arguments: [
            (0, 0x65A4_C052), (1, 0x545E_2681), (47, 0x1B96_78CA), (48, 0x9FD2_A8C7), (55, 0xCF69_3DB9),
            (56, 0xC36E_FACE), (111, 0xEEE4_BA27), (2048, 0x5A7A_7253),
        ] as [(Int, Int64)]
    )
    func lengths(count: Int, hash: Int64) {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        #expect(KeyHash.prefix(bytes) == hash)
        #expect(KeyHash.prefix(Array(bytes.prefix(count / 2)), Array(bytes.dropFirst(count / 2))) == hash)
    }
}
