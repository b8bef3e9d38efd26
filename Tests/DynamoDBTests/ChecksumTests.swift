import DynamoDB
import Testing

@Suite struct ChecksumTests {
    @Test(
        arguments: [
            ("", 0),
            // The check value of the CRC catalogue.
            ("123456789", 0xCBF4_3926),
            // The header DynamoDB sent with these bodies (mhart/dynalite, test/connection.js).
            ("<UnknownOperationException/>\n", 3_552_371_480),
            (#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#, 1_368_724_161),
        ] as [(String, UInt32)]
    )
    func known(body: String, checksum: UInt32) {
        #expect(reading(body) { CRC32.checksum($0) } == checksum)
    }

    @Test func partsAddUp() {
        let body = Array("{\"Item\":{\"id\":{\"S\":\"1\"}}}".utf8)
        let whole = body.withUnsafeBytes { CRC32.checksum($0) }
        for split in 0...body.count {
            let (first, second) = (Array(body[..<split]), Array(body[split...]))
            let firstSum = first.withUnsafeBytes { CRC32.update(CRC32.initial, $0) }
            let secondSum = second.withUnsafeBytes { CRC32.checksum($0) }
            #expect(second.withUnsafeBytes { CRC32.update(firstSum, $0) } == whole)
            #expect(CRC32.combine(firstSum, secondSum, count: second.count) == whole)
        }
    }

    @Test(arguments: [0, 1, 2, 255, 256, 4_094, 4_095, 4_096, 4_097, 70_000])
    func partsOfAnyLengthAddUp(count: Int) {
        let first = Array("{\"Item\":".utf8)
        let second = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = (first + second).withUnsafeBytes { CRC32.checksum($0) }
        let sums = (first.withUnsafeBytes { CRC32.checksum($0) }, second.withUnsafeBytes { CRC32.checksum($0) })
        #expect(CRC32.combine(sums.0, sums.1, count: count) == whole)
    }
}
