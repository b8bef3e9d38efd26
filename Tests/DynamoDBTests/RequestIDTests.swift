import DynamoDB
import Testing

@Suite struct RequestIDTests {
    @Test func looksLikeDynamoDBs() {
        var generator = RequestID()
        var seen: Set<[UInt8]> = []
        for _ in 0..<10_000 {
            var id = [UInt8](repeating: 0, count: RequestID.count)
            id.withUnsafeMutableBytes { generator.write(into: $0) }
            let allowed = (UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"))
            #expect(id.allSatisfy { allowed.0.contains($0) || allowed.1.contains($0) })
            #expect(text(id.suffix(26)) == "VV4KQNSO5AEMVJF66Q9ASUAAJG")
            #expect(seen.insert(id).inserted)
        }
    }

    @Test func repeatsForASeedAndDiffersOtherwise() {
        func first(_ generator: consuming RequestID) -> [UInt8] {
            var id = [UInt8](repeating: 0, count: 52)
            id.withUnsafeMutableBytes { generator.write(into: $0) }
            return id
        }
        #expect(first(RequestID(seed: (1, 2, 3, 4))) == first(RequestID(seed: (1, 2, 3, 4))))
        #expect(first(RequestID(seed: (1, 2, 3, 4))) != first(RequestID(seed: (1, 2, 3, 5))))
        #expect(first(RequestID()) != first(RequestID()))
    }

    @Test func usesTheWholeAlphabet() {
        var generator = RequestID(seed: (1, 2, 3, 4))
        var counts: [UInt8: Int] = [:]
        for _ in 0..<1000 {
            var id = [UInt8](repeating: 0, count: 52)
            id.withUnsafeMutableBytes { generator.write(into: $0) }
            for byte in id.prefix(26) { counts[byte, default: 0] += 1 }
        }
        #expect(counts.count == 32)
        #expect(counts.values.allSatisfy { (600...1050).contains($0) })
    }

    @Test func touchesOnlyItsBytesAndAllocatesNothing() {
        var generator = RequestID()
        var buffer = [UInt8](repeating: 7, count: 60)
        let allocations = warmAllocations { buffer.withUnsafeMutableBytes { generator.write(into: $0) } }
        #expect(allocations == 0)
        #expect(Array(buffer[52...]) == [UInt8](repeating: 7, count: 8))
    }
}
