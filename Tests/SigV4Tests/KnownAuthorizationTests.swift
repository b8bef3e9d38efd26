import Testing

@testable import SigV4

/// A verifier that remembers headers answers as a new one does.
@Suite struct KnownAuthorizationTests {
    /// What is made of a request, by one verifier or another.
    private func outcome(_ request: RawRequest, by verifier: SignatureVerifier, layout: UInt64 = 0) -> String {
        request.received(layout: layout) { received in
            do throws(SignatureError) {
                let found = try verifier.authorization(of: received)
                let parts = [found.credential.date, found.signedHeaders, found.signature, found.timestampText]
                var text = verifier.accessKeyID(of: found, in: received).text + " "
                text += verifier.region(of: found, in: received).text + " \(found.timestamp)"
                for part in parts { text += " " + found.bytes(part, in: received).text }
                try verifier.verify(found, of: received, secret: SignedRequest.secret, now: SignedRequest.now)
                return text
            } catch {
                return "\(error.kind): \(error.message)"
            }
        }
    }

    @Test func changedHeadersAreReadAsIfNeverSeen() throws {
        var random = SeededGenerator(seed: 7)
        let verifier = SignatureVerifier()
        let inserted = Array(" ,,;=/%-\t\"aA0é".unicodeScalars).map(String.init)
        var accepted = 0
        for step in 0..<4000 {
            var request = SignedRequest()
            request.body = Array("{\"TableName\":\"T\(step)\"}".utf8)
            let good = try request.signed()
            #expect(outcome(good, by: verifier) == outcome(good, by: SignatureVerifier()))
            var text = try #require(good.value(of: "authorization"))
            for _ in 0...Int.random(in: 0...1, using: &random) {
                // Often in the signature or at its bounds.
                let near = Bool.random(using: &random) ? max(0, text.count - 66) : 0
                let place = text.index(text.startIndex, offsetBy: Int.random(in: near...text.count, using: &random))
                switch Int.random(in: 0...4, using: &random) {
                case 0: text.insert(contentsOf: inserted.randomElement(using: &random) ?? "", at: place)
                case 1 where place < text.endIndex: text.remove(at: place)
                case 2 where place < text.endIndex:
                    text.replaceSubrange(place...place, with: inserted.randomElement(using: &random) ?? "")
                case 3: text += ", Signature=0"
                default: break
                }
            }
            if step % 7 == 0 { request.headers[1].1 = ["", "20261122T000000Z", "20261121T0430", "x"][step % 4] }
            if step % 11 == 0 { request.target = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256" }
            let changed = request.raw(authorization: text)
            let answer = outcome(changed, by: SignatureVerifier())
            #expect(outcome(changed, by: verifier) == answer, "\(text)")
            if answer.hasPrefix("AKID") { accepted += 1 }
        }
        #expect((100..<3900).contains(accepted))
    }

    /// Requests of one layout differ in values only; other layouts have headers that come twice, are missing or stand
    /// elsewhere.
    @Test func layoutsAreKeptApart() throws {
        var random = SeededGenerator(seed: 11)
        let verifier = SignatureVerifier()
        var kinds = [SignedRequest()]
        kinds.append(SignedRequest())
        kinds[1].headers.reverse()
        kinds.append(SignedRequest())
        kinds[2].headers.insert(("X-Amz-Meta", " one"), at: 0)
        kinds[2].headers.append(("x-amz-meta", " two"))
        kinds[2].signedHeaders = "host;x-amz-date;x-amz-meta;x-amz-target"
        kinds.append(SignedRequest())
        kinds[3].headers.append(("X-Amz-Date", " " + SignedRequest.date))
        kinds.append(SignedRequest())
        kinds[4].hostForm = .withoutPort
        kinds.append(SignedRequest())
        kinds[5].headers.append(("User-Agent", " x"))
        kinds[5].signedHeaders = "host;user-agent;x-amz-date;x-amz-target"
        for step in 0..<2000 {
            let kind = Int.random(in: 0..<kinds.count, using: &random)
            var request = kinds[kind]
            request.body = Array("{\"TableName\":\"T\(step)\"}".utf8)
            let raw: RawRequest
            if kind == 3 {
                raw = request.raw(authorization: request.authorization(String(repeating: "0", count: 64)))
            } else {
                raw = try request.signed()
            }
            var wrong = raw
            if step % 5 == 0 { wrong.replaceBodyByte(at: 3, with: UInt8(ascii: "!")) }
            let answer = outcome(wrong, by: SignatureVerifier())
            #expect(outcome(wrong, by: verifier, layout: UInt64(kind + 1)) == answer)
            #expect(answer.hasPrefix("AKID") == (kind != 3 && step % 5 != 0), "\(answer)")
        }
    }

    /// The day that the time is of must be the credential's, which a remembered header does not say of another time.
    @Test func aKnownHeaderWithTheTimeOfAnotherDayIsRefused() throws {
        let verifier = SignatureVerifier()
        var request = SignedRequest()
        let good = try request.signed()
        #expect(good.refusal(by: verifier) == nil)
        request.headers[1].1 = " 20261120T235959Z"
        let authorization = try #require(good.value(of: "authorization"))
        let message = request.raw(authorization: authorization).refusal(by: verifier)?.message ?? ""
        #expect(message.contains("Date in Credential scope does not match"))
    }
}
