import Testing

@testable import Transport

/// A table that knows heads says of each what a new one says.
@Suite struct KnownHeadTests {
    private struct Outcome: Equatable {
        var head: RequestHead?
        var refusal: HTTPRefusal?
        var fields: [HeaderSlice] = []
    }

    private func parse(_ bytes: [UInt8], _ table: HeaderTable) -> Outcome {
        do throws(HTTPRefusal) {
            let head = try RequestHead.parse(bytes.span, maximumBody: 1000, headers: table)
            return Outcome(head: head, fields: Array(table.slices))
        } catch {
            return Outcome(refusal: error)
        }
    }

    private static let heads = [
        "POST / HTTP/1.1\r\nHost: localhost:8000\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\nX-Amz-Date: 20261122T000000Z\r\n"
            + "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261122, Signature=0123456789abcdef\r\nContent-Length: 57\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost:8000\r\nX-Amz-Target: DynamoDB_20120810.BatchGetItem\r\nX-Empty:\r\n"
            + "X-Blank:  a b \t\r\nConnection: keep-alive\r\nContent-Length: 9\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nHost: h\r\n\r\n",
        "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nx: y\r\n\r\n",
        "PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\nTE: trailers\r\nX: " + String(repeating: "x", count: 40)
            + "\r\n\r\n",
    ].map { head in Array(head.utf8) }

    @Test func changedHeadsAreReadAsIfNeverSeen() {
        var random = SystemRandomNumberGenerator()
        let table = HeaderTable(capacity: 8)
        let bytes = Array(" \t\r\n:,;aZ09-_\u{7f}\0é".utf8)
        var recalled = 0
        for step in 0..<30_000 {
            // The same few for a while, then others.
            let few = step / 500 % Self.heads.count
            let head = Self.heads[(few + Int.random(in: 0...2, using: &random)) % Self.heads.count]
            var changed = head + Array("{}".utf8)
            let changes = Int.random(in: 0...3, using: &random)
            for _ in 0..<changes where !changed.isEmpty {
                let place = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0...9, using: &random) {
                case 0: changed.insert(bytes.randomElement(using: &random) ?? 0, at: place)
                case 1: changed.remove(at: place)
                case 2: changed.removeLast(place)
                case 3...5: changed[place] = bytes.randomElement(using: &random) ?? 0
                default: changed[place] = UInt8.random(in: UInt8(ascii: "0")...UInt8(ascii: "9"), using: &random)
                }
            }
            let before = table.layout
            let outcome = parse(changed, table)
            #expect(outcome == parse(changed, HeaderTable(capacity: 8)), "\(String(decoding: changed, as: UTF8.self))")
            if outcome.head != nil, table.layout <= before, changes > 0 { recalled += 1 }
        }
        #expect(recalled > 1000)
    }

    @Test func headsOfOneLayoutHaveTheirFieldsInTheSamePlaces() {
        let table = HeaderTable(capacity: 8)
        var layouts: [UInt64: [HeaderSlice]] = [:]
        for step in 0..<400 {
            let outcome = parse(Self.heads[step % 3], table)
            #expect(layouts[table.layout, default: outcome.fields] == outcome.fields)
            layouts[table.layout] = outcome.fields
        }
        // Each is parsed until it has come twice.
        #expect((3...6).contains(layouts.count))
    }

    @Test func aLongHeadAndOneOfManyFieldsAreParsedEachTime() {
        let table = HeaderTable(capacity: 100)
        let long = "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 5000) + "\r\n\r\n"
        let many = "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: 70) + "\r\n"
        for _ in 0..<5 {
            for text in [long, many] {
                let before = table.layout
                #expect(parse(Array(text.utf8), table).head != nil)
                #expect(table.layout > before)
            }
        }
    }
}
