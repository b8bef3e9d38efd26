import DynamoDB
import Foundation
import Testing

/// Damaged replies: nothing crashes, no range leaves its body, and what is written stays JSON.
@Suite struct ReplyDamageTests {
    private static let bodies = [
        #"{"Item":{"a":{"M":{"b":{"L":[{"N":"1.50"},{"S":"\u00e9\n"},{"M":{"c":{"BOOL":true}}}]}}},"ttl":{"N":"17e8"}}}"#,
        #"{"Item":{"a":{"B":"YQ=="},"s":{"NS":["1","-2"]}},"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}"#,
        #"{"Responses":{"t":[{"a":{"S":"x"}}]},"UnprocessedKeys":{"t":{"Keys":[{"a":{"S":"y"}}]}},"ConsumedCapacity":[]}"#,
        #"{"Table":{"TableName":"t","TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}}"#,
        #"{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}"#,
    ]

    private func damaged(_ random: inout SplitMix) -> [UInt8] {
        var body = Array((Self.bodies.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !body.isEmpty {
            let index = Int.random(in: body.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: body[index] = UInt8.random(in: 0...255, using: &random)
            case 1: body[index] = Array("{}[]\",:\\0eE-+".utf8).randomElement(using: &random) ?? 0
            case 2: body.remove(at: index)
            case 3: body.insert(body.randomElement(using: &random) ?? 0, at: index)
            default: body.removeLast(body.count - index)
            }
        }
        return body
    }

    @Test(arguments: 0..<4)
    func survives(seed: Int) throws {
        let projections = try ["a.b[1], s", "a.b[2].c, s", "a[0]"].map { expression in
            try reading(expression) { try Projection.parse(expression: $0, names: nil) }
        }
        var random = SplitMix(state: UInt64(seed))
        var understood = 0
        for _ in 0..<3000 {
            let body = damaged(&random)
            body.withUnsafeBytes { bytes in
                func check(_ range: ByteRange?) {
                    guard let range else { return }
                    #expect(0 <= range.start && range.start <= range.end && range.end <= bytes.count)
                }
                _ = TableDescription.parse(bytes)
                _ = ListTablesReply.parse(bytes)
                if let reply = BatchGetItemReply.parse(bytes) {
                    understood += 1
                    for range in [reply.unprocessedKeys, reply.consumedCapacity] { check(range) }
                    for response in reply.responses { response.items.forEach(check) }
                    for rest in reply.unprocessed { rest.keys.forEach(check) }
                }
                guard let reply = GetItemReply.parse(bytes) else { return }
                understood += 1
                check(reply.item)
                check(reply.consumedCapacity)
                if let range = reply.consumedCapacity { _ = ConsumedCapacity.parse(range.slice(of: bytes)) }
                guard let item = reply.item?.slice(of: bytes) else { return }
                #expect((ItemSize.bytes(ofItem: item) ?? 0) <= item.count)
                _ = ItemReader.timeToLive(item, attribute: Array("ttl".utf8))
                for projection in projections {
                    var output: [UInt8] = []
                    if projection.apply(item: item, into: &output) {
                        #expect((try? JSONSerialization.jsonObject(with: Data(output))) is [String: Any])
                    } else {
                        #expect(output.isEmpty)
                    }
                }
            }
        }
        #expect(understood > 100)
    }

    /// Expressions and names, too.
    @Test func expressionsSurvive() {
        var random = SplitMix(state: 9)
        let alphabet = Array("ab#n.[]0129,: ()<=>+-_!\u{E9}\"\\".unicodeScalars).map { String($0) }
        var parsed = 0
        for _ in 0..<20_000 {
            let raw = (0..<Int.random(in: 1...12, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            var quoted: [UInt8] = []
            JSONText.appendQuoted(raw.joined().utf8, to: &quoted)
            let isParsed = quoted[1..<(quoted.count - 1)].withUnsafeBytes { expression in
                (try? Projection.parse(expression: expression, names: nil)) != nil
            }
            parsed += isParsed ? 1 : 0
        }
        #expect(parsed > 100)
    }
}
