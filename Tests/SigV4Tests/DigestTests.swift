import Testing

@testable import SigV4

@Suite struct DigestTests {
    @Test func sha256OfNothing() {
        let digest = hexadecimal(Array("".utf8).withBytes { bytes in SHA256Hash.digest(of: bytes) })
        #expect(digest == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// RFC 4231, test cases 1, 2, 3 and 6 (whose key is longer than a block).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmac(key: [UInt8], message: [UInt8], code: String) {
        let key = key.withBytes { key in HMACKey(key) }
        #expect(message.withBytes { message in hexadecimal(key.code(for: message)) } == code)
        // The state is not used up.
        #expect(message.withBytes { message in hexadecimal(key.code(for: message)) } == code)
    }

    /// Messages that share any number of bytes with the one before, from two starts in turn.
    @Test func messagesThatBeginAlikeHaveTheDigestsOfTheWhole() {
        let keys = [Array("one".utf8), Array("two".utf8)].map { key in key.withBytes { HMACKey($0) } }
        let (hash, inner) = (PrefixHash(), PrefixHash())
        var random = SeededGenerator(seed: 3)
        var last: [UInt8] = []
        for step in 0..<3000 {
            let common = Int.random(in: 0...last.count, using: &random)
            let more = Int.random(in: 0...(step % 100 == 0 ? 3000 : 200), using: &random)
            let message = last[..<common] + (0..<more).map { _ in UInt8.random(in: 0...3, using: &random) }
            last = Array(message)
            var buffer = ByteBuffer(capacity: 16)
            last.withBytes { buffer.append($0) }
            let digest = hash.digest(of: &buffer)
            #expect(hexadecimal(digest) == hexadecimal(last.withBytes { SHA256Hash.digest(of: $0) }))
            let key = keys[step / 3 % 2]
            buffer.removeAll()
            last.withBytes { buffer.append($0) }
            let code = key.code(for: &buffer, inner)
            #expect(hexadecimal(code) == hexadecimal(last.withBytes { key.code(for: $0) }))
            if step % 5 == 0 { last = Array(last.prefix(64 * Int.random(in: 0...3))) }
        }
    }

    @Test func aBodyInPiecesHasTheDigestOfTheWhole() {
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let whole = PayloadDigest(of: body)
        #expect(hexadecimal(whole.bytes).utf8.elementsEqual(MessageDigest.sha256(hexadecimal: body)))
        for size in [1000, 4096, 99_999] {
            var hash = PayloadHash()
            for start in stride(from: 0, to: body.count, by: size) {
                Array(body[start..<min(start + size, body.count)]).withUnsafeBytes { hash.update($0) }
            }
            #expect(hexadecimal(hash.finish().bytes) == hexadecimal(whole.bytes))
            // The state is not used up.
            #expect(hexadecimal(hash.finish().bytes) == hexadecimal(whole.bytes))
        }
    }

    /// A digest that is known is used in the body's place, for what comes and for what goes.
    @Test func aKnownDigestStandsForTheBody() throws {
        let raw = try SignedRequest().signed()
        func isAccepted(_ payload: PayloadDigest?) -> Bool {
            raw.received { request in
                let known = ReceivedRequest(
                    method: request.method.buffer,
                    target: request.target.buffer,
                    head: request.head.buffer,
                    headers: request.headers,
                    body: request.body.buffer,
                    payload: payload
                )
                let verifier = SignatureVerifier()
                let (secret, now) = (SignedRequest.secret, SignedRequest.now)
                guard let authorization = try? verifier.authorization(of: known) else { return false }
                return (try? verifier.verify(authorization, of: known, secret: secret, now: now)) != nil
            }
        }
        #expect(isAccepted(nil))
        #expect(isAccepted(PayloadDigest(of: raw.body)))
        #expect(!isAccepted(PayloadDigest(of: raw.body + [0])))

        func signature(_ body: [UInt8], _ payload: PayloadDigest?) -> String {
            body.withUnsafeBytes { body in
                RequestSigner().sign(
                    method: "POST",
                    path: "/",
                    headers: [("host", "h")],
                    body: body,
                    payload: payload,
                    credentials: SigningCredentials(
                        accessKeyID: "AKID",
                        secretAccessKey: SignedRequest.secret,
                        sessionToken: nil
                    ),
                    region: "us-east-1",
                    now: SignedRequest.now
                ).authorization
            }
        }
        #expect(signature([1], PayloadDigest(of: [2])) == signature([2], nil))
        #expect(signature([1], nil) != signature([2], nil))
    }

    @Test func secretsStayHidden() {
        let secret = SecretKey(Array("very secret".utf8))
        let credentials = SigningCredentials(accessKeyID: "AKID", secretAccessKey: secret, sessionToken: "hidden token")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(secret, to: &dumped)
        dumped += "\(secret) \(credentials) \(String(reflecting: secret)) \(String(reflecting: credentials))"
        #expect(dumped.contains("redacted"))
        #expect(!dumped.contains("very secret"))
        #expect(!dumped.contains("hidden"))
    }

    @Test(arguments: [
        ("", "", true), ("a", "", false), ("abc", "abc", true), ("abc", "abd", false), ("abc", "abcd", false),
    ])
    func comparesSecrets(one: String, other: String, same: Bool) {
        let equal = Array(one.utf8).withUnsafeBytes { one in
            Array(other.utf8).withUnsafeBytes { other in ConstantTime.equal(one, other) }
        }
        #expect(equal == same)
    }

    private func hexadecimal(_ digest: Digest) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.appendHexadecimal(digest)
        return buffer.bytes.text
    }
}
