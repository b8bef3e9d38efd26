import CMallocCounter
import Testing

@testable import SigV4

/// Signing, and verifying what was signed.
@Suite struct SigningTests {
    private static let credentials = SigningCredentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: SignedRequest.secret,
        sessionToken: nil
    )
    private static let signedNames = ["content-type", "host", "x-amz-date", "x-amz-target"]

    @Test func signsAsBotocoreDoes() {
        // The crafted capture `valid-baseline`.
        let body = Array(#"{"TableName":"Music","Key":{"Artist":{"S":"B"},"SongTitle":{"S":"01"}}}"#.utf8)
        let signer = RequestSigner()
        for _ in 0..<2 {
            let (authorization, date) = body.withUnsafeBytes { body in
                signer.sign(
                    method: "POST",
                    path: "/",
                    headers: [
                        ("x-amz-target", "DynamoDB_20120810.GetItem"), ("host", "127.0.0.1:18000"),
                        ("content-type", "application/x-amz-json-1.0"),
                    ],
                    body: body,
                    credentials: Self.credentials,
                    region: "us-east-1",
                    now: SignedRequest.now
                )
            }
            #expect(date == "20261121T043000Z")
            #expect(
                authorization
                    == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                    + "Signature=4e90de4200191ca28cea454d7aa95feb5b84430156e9cdf77b87a0e7431f4fa3"
            )
        }
    }

    /// Whatever the signer has signed before, in whatever order the headers come, the date's among them.
    @Test func orderOfHeadersAndEarlierSignaturesDoNotMatter() {
        let headers = [
            (name: "content-type", value: "application/json"), (name: "host", value: "h"),
            (name: "x-amz-security-token", value: "t"), (name: "x-amz-target", value: "DynamoDB_20120810.PutItem"),
        ]
        func signature(_ signer: RequestSigner, _ headers: [(name: String, value: String)], now: Int64) -> String {
            let parts = [UInt8]("{}".utf8).withUnsafeBytes { body in
                signer.sign(
                    method: "POST",
                    path: "/",
                    headers: headers,
                    body: body,
                    credentials: Self.credentials,
                    region: "eu-central-1",
                    now: now
                )
            }
            return parts.authorization + parts.date
        }
        let used = RequestSigner()
        for second in [SignedRequest.now, SignedRequest.now, SignedRequest.now + 1, SignedRequest.now + 86_400] {
            let expected = signature(RequestSigner(), headers, now: second)
            #expect(expected.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"))
            #expect(signature(used, headers, now: second) == expected)
            #expect(signature(used, headers.reversed(), now: second) == expected)
            #expect(signature(used, [headers[3], headers[0], headers[2], headers[1]], now: second) == expected)
        }
    }

    @Test(.enabled(if: malloc_counter_available(), "sanitizers bring their own malloc"))
    func signingDoesNotAllocate() {
        let signer = RequestSigner()
        let headers = [
            (name: "host", value: "dynamodb.eu-central-1.amazonaws.com"), (name: "x-amz-target", value: "t"),
        ]
        let body = [UInt8](repeating: 0x20, count: 3000)
        func sign() {
            body.withUnsafeBytes { body in
                signer.withSignature(
                    method: "POST",
                    path: "/",
                    headers: headers,
                    body: body,
                    credentials: Self.credentials,
                    region: "eu-central-1",
                    now: SignedRequest.now
                ) { authorization, date in
                    precondition(authorization.count > 200 && date.count == 16)
                }
            }
        }
        sign()
        malloc_counter_start()
        sign()
        #expect(malloc_counter_stop() == 0)
    }

    @Test func whatIsSignedVerifiesAndAnyChangedByteDoesNot() {
        var generator = SeededGenerator(seed: 20_261_121)
        let verifier = SignatureVerifier()
        let signer = RequestSigner()
        for _ in 0..<100 {
            let request = Self.randomRequest(signer, &generator)
            #expect(Self.isAccepted(request, verifier), "\(String(decoding: request.head, as: UTF8.self))")
            for _ in 0..<20 {
                let changed = Self.withOneByteChanged(request, &generator)
                #expect(!Self.isAccepted(changed, verifier), "\(String(decoding: changed.head, as: UTF8.self))")
            }
        }
    }

    @Test(.enabled(if: malloc_counter_available(), "sanitizers bring their own malloc"))
    func acceptingARequestDoesNotAllocate() throws {
        let index = AccessKeyIndex(["AKIDOTHER", "AKIDEXAMPLE"])
        let verifier = SignatureVerifier()
        var requests = [try SignedRequest().signed(), try SignedRequest(target: "/tenant-a/x%20y/?z=1").signed()]
        requests.append(try SignedRequest(hostForm: .withoutPort).signed())
        requests.append(try SignedRequest(signedHeaders: "host;x-amz-target").presigned())
        requests += try Capture.recorded().filter { capture in capture.verify.hmacMatches == true }.prefix(5).map(
            \.request
        )
        let secret = SignedRequest.secret
        for raw in requests {
            let now = Self.clock(of: raw)
            let allocations = raw.received { request -> UInt64? in
                var allocations: UInt64 = 0
                // The first time warms the signing key and the buffers.
                for _ in 0..<2 {
                    malloc_counter_start()
                    defer { allocations = malloc_counter_stop() }
                    guard let authorization = try? verifier.authorization(of: request),
                        index.index(of: verifier.accessKeyID(of: authorization, in: request)) == 1
                    else { return nil }
                    do throws(SignatureError) {
                        try verifier.verify(authorization, of: request, secret: secret, now: now)
                    } catch { return nil }
                }
                return allocations
            }
            #expect(allocations == 0)
        }
    }

    private static func clock(of raw: RawRequest) -> Int64 {
        Array((raw.value(of: "x-amz-date") ?? SignedRequest.date).utf8).withBytes { text in Timestamp.seconds(text) }
            ?? 0
    }

    /// As the proxy does it: the access key id first, then its secret.
    private static func isAccepted(_ raw: RawRequest, _ verifier: SignatureVerifier) -> Bool {
        raw.received { request in
            guard let authorization = try? verifier.authorization(of: request),
                verifier.accessKeyID(of: authorization, in: request).text == credentials.accessKeyID
            else { return false }
            return raw.refusal(by: verifier) == nil
        }
    }

    private static func randomRequest(_ signer: RequestSigner, _ generator: inout SeededGenerator) -> RawRequest {
        let path = ["/", "/tenant-a", "/a/b/", "/x%20y/?z=1&a=2", "//a///b?q"].randomElement(using: &generator) ?? "/"
        let body = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        let host = ["dynamodb.us-east-1.amazonaws.com", "127.0.0.1:8000"].randomElement(using: &generator) ?? "h"
        let headers = [
            (name: "host", value: host),
            (name: "content-type", value: "  a \t b  \(UInt16.random(in: .min ... .max, using: &generator)) "),
            (name: "x-amz-target", value: "DynamoDB_20120810.GetItem"),
        ]
        let (authorization, date) = body.withUnsafeBytes { body in
            signer.sign(
                method: "POST",
                path: path,
                headers: headers,
                body: body,
                credentials: credentials,
                region: "eu-west-1",
                now: SignedRequest.now
            )
        }
        var lines = headers.map { header in header.name.uppercased() + ":" + header.value }
        lines.append("X-Amz-Date: " + date)
        lines.append("Authorization: " + authorization)
        lines.shuffle(using: &generator)
        lines.insert("POST \(path) HTTP/1.1", at: 0)
        return RawRequest(head: lines.joined(separator: "\r\n") + "\r\n\r\n", body: body)
    }

    /// Changes one byte that the signature covers, or the signature, into another letter or digit.
    private static func withOneByteChanged(_ request: RawRequest, _ generator: inout SeededGenerator) -> RawRequest {
        var request = request
        let areas =
            (signedNames + ["authorization"]).compactMap { name in request.bounds(of: name) }
            + [request.method, request.target, 0..<0]
        let area = areas.randomElement(using: &generator) ?? 0..<0
        guard let position = area.randomElement(using: &generator) else {
            let position = Int.random(in: request.body.indices, using: &generator)
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            request.replaceBodyByte(at: position, with: request.body[position] ^ bit)
            return request
        }
        let old = request.head[position]
        // White space at the ends counts for nothing, and `%2` and a path's first or doubled slash may be written in more
        // than one way; a letter in place of any other byte tells.
        let new = Array("ghijklmnopqrstuvwxyz".utf8).filter { byte in byte != old }.randomElement(using: &generator)
        request.replaceHeadByte(at: position, with: new ?? 0)
        return request
    }
}
