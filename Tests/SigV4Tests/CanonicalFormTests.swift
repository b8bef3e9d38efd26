import Testing

@testable import SigV4

@Suite struct CanonicalFormTests {
    /// As botocore's `normalize_url_path` followed by quoting.
    @Test(arguments: [
        ("", "/"), ("/", "/"), ("//", "/"), ("/.", "/"), ("/..", "/"), ("/../..", "/"), ("/a", "/a"), ("/a/", "/a/"),
        ("/a//b", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/b/..", "/a"), ("/a/b/../", "/a/"),
        ("/a/..", "/"),
        ("/a/../", "/"), ("/a/../../b", "/b"), ("/..a/.b", "/..a/.b"), ("/x%20y/", "/x%2520y/"),
        ("/%2e%2e", "/%252e%252e"),
        ("/a b", "/a%20b"), ("/é", "/%C3%A9"), ("/-._~", "/-._~"), ("/a+b=c:d@e", "/a%2Bb%3Dc%3Ad%40e"),
        ("http://host/a/../b", "/b"), ("http://host", "/"), ("HTTPS://host:1/", "/"), ("http://host?a=b", "/"),
    ])
    func path(target: String, canonical: String) {
        let found = Array(target.utf8).withBytes { target in
            var buffer = ByteBuffer(capacity: 1)
            buffer.appendCanonicalPath(target[RequestTarget(target).path])
            return buffer.bytes.text
        }
        #expect(found == canonical)
    }

    @Test(arguments: [
        ("/", ""), ("/?", ""), ("/?&&", ""), ("/?a", "a="), ("/?a=", "a="), ("/?=a", "=a"), ("/?b=1&a=2", "a=2&b=1"),
        ("/?a=2&a=1", "a=1&a=2"), ("/?a-b=1&a=2", "a=2&a-b=1"), ("/?B=1&a=2", "B=1&a=2"), ("/?a=b=c", "a=b%3Dc"),
        ("/?a=%2f%7e", "a=%2F~"), ("/?a=%zz%4", "a=%25zz%254"), ("/?a=b+c", "a=b%2Bc"), ("/?a=?", "a=%3F"),
        ("/?ሴ=bar", "%E1%88%B4=bar"), ("http://h/p?z=1&a", "a=&z=1"), ("http://h?a=b", "a=b"),
        ("/?X-Amz-Signature=1&a=b", "a=b"),
    ])
    func query(target: String, canonical: String) {
        let found = Array(target.utf8).withBytes { target in
            var buffer = ByteBuffer(capacity: 1)
            var scratch = ByteBuffer(capacity: 1)
            let fits = buffer.appendCanonicalQuery(
                of: target,
                in: RequestTarget(target).query,
                excludingSignature: true,
                scratch: &scratch
            )
            return fits ? buffer.bytes.text : "too many"
        }
        #expect(found == canonical)
    }

    @Test(arguments: [
        ("", ""), ("  ", ""), ("a", "a"), ("  a   b  ", "a b"), ("a\tb", "a b"), ("\t a \t b", "a b"),
        ("\"a   b\"", "\"a b\""),
    ])
    func value(text: String, canonical: String) {
        let found = Array(text.utf8).withBytes { text in
            var buffer = ByteBuffer(capacity: 1)
            buffer.appendCanonicalValue(text)
            return buffer.bytes.text
        }
        #expect(found == canonical)
    }

    @Test func repeatedHeadersAreJoinedInOrder() throws {
        var request = SignedRequest(signedHeaders: "a;host;x-amz-date;x-amz-target")
        request.headers += [("A", " 2 "), ("b", "x"), ("a", ""), ("a", "1  1")]
        try request.signed().received { raw in
            let verifier = SignatureVerifier()
            let found = try verifier.intermediates(
                of: verifier.authorization(of: raw),
                in: raw,
                secret: SignedRequest.secret
            )
            #expect(found?.canonicalRequest.contains("\na:2,,1 1\nhost:") == true)
        }
    }
}
