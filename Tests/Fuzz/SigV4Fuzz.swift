// The input is a request's head, then its body.

@testable import SigV4

/// Reads and verifies one request.
///
/// A random input must not be accepted: it cannot hold a signature made with the secret.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSigV4(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    let bytes = Bytes(input)
    let line = bytes.firstIndex(of: UInt8(ascii: "\n"))
    let methodEnd = min(bytes.firstIndex(of: UInt8(ascii: " ")), line)
    let target = min(methodEnd + 1, line)..<line

    var headers: [HeaderSlice] = []
    var next = min(line + 1, count)
    while next < count, bytes[next] != UInt8(ascii: "\n") {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: next)
        let colon = min(bytes.firstIndex(of: UInt8(ascii: ":"), from: next), end)
        let value = min(colon + 1, end)
        headers.append(HeaderSlice(UInt32(next), UInt32(colon - next), UInt32(value), UInt32(end - value)))
        next = min(end + 1, count)
    }

    let secret = SecretKey([1, 2, 3])
    let verifier = SignatureVerifier()
    headers.withUnsafeBufferPointer { headers in
        let request = ReceivedRequest(
            method: UnsafeRawBufferPointer(rebasing: input[0..<methodEnd]),
            target: UnsafeRawBufferPointer(rebasing: input[target]),
            head: UnsafeRawBufferPointer(rebasing: input[0..<next]),
            headers: headers,
            body: UnsafeRawBufferPointer(rebasing: input[next...])
        )
        // Without the required headers more inputs reach the canonical request.
        for required in [RequiredHeaders.dynamoDB, .none] {
            do throws(SignatureError) {
                let authorization = try verifier.authorization(of: request, requiring: required)
                _ = AccessKeyIndex(["AKIDEXAMPLE"]).index(of: verifier.accessKeyID(of: authorization, in: request))
                _ = verifier.region(of: authorization, in: request)
                _ = verifier.sessionToken(of: authorization, in: request)
                try verifier.verify(authorization, of: request, secret: secret, now: authorization.timestamp)
                preconditionFailure("accepted without the secret")
            } catch {
                precondition(!error.message.isEmpty)
            }
        }
    }
    return 0
}
