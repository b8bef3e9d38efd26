import Testing

@testable import SigV4

@Suite struct LookupTests {
    @Test func accessKeys() {
        let ids = (0..<1000).map { number in "AKID\(number)" }
        let index = AccessKeyIndex(ids)
        for (position, id) in ids.enumerated() { #expect(find(id, index) == position) }
        for id in ["", "AKID", "AKID1000", "akid1", "AKID1 "] { #expect(find(id, index) == nil) }
        #expect(find("a", AccessKeyIndex([])) == nil)
        #expect(find("a", AccessKeyIndex(["b", "a", "a", ""])) == 1)
        #expect(find("", AccessKeyIndex(["b", ""])) == 1)
    }

    private func find(_ id: String, _ index: AccessKeyIndex) -> Int? {
        Array(id.utf8).withUnsafeBytes { id in index.index(of: id) }
    }

    @Test func signingKeysAreBoundedAndOldDatesGoFirst() {
        let cache = SigningKeyCache(sets: 1)
        let secret = SecretKey([1])
        let days = ["20261121", "20261120", "20261122", "20261119"]
        for day in days { insert(secret, day, "us-east-1", cache) }
        #expect(cache.count == 4)
        insert(secret, "20261123", "us-east-1", cache)
        #expect(cache.count == 4)
        #expect(!holds(secret, "20261119", "us-east-1", cache))
        #expect(holds(secret, "20261120", "us-east-1", cache))
        // Of one date, the least recently used goes.
        for region in ["a", "b", "c", "d"] { insert(secret, "20261124", region, cache) }
        #expect(holds(secret, "20261124", "a", cache))
        insert(secret, "20261124", "e", cache)
        for region in ["a", "c", "d", "e"] { #expect(holds(secret, "20261124", region, cache)) }
        #expect(!holds(secret, "20261124", "b", cache))
    }

    @Test func signingKeysBelongToOneSecretDateAndRegion() {
        let cache = SigningKeyCache()
        let secret = SecretKey([1])
        insert(secret, "20261121", "us-east-1", cache)
        #expect(holds(secret, "20261121", "us-east-1", cache))
        #expect(!holds(SecretKey([1]), "20261121", "us-east-1", cache))
        #expect(!holds(secret, "20261122", "us-east-1", cache))
        #expect(!holds(secret, "20261121", "us-east-2", cache))
        #expect(!holds(secret, "20261121", "us-east-", cache))
        let long = String(repeating: "a", count: 33)
        insert(secret, "20261121", long, cache)
        #expect(!holds(secret, "20261121", long, cache))
    }

    @Test(arguments: [1, 300, 1000]) func signingKeysOfAllSecretsHaveRoom(count: Int) {
        let cache = SigningKeyCache()
        cache.makeRoom(forSecrets: count)
        let secrets = (0..<count).map { number in SecretKey([UInt8(truncatingIfNeeded: number)]) }
        for region in ["us-east-1", "eu-west-1"] {
            for secret in secrets { insert(secret, "20261121", region, cache) }
            #expect(secrets.allSatisfy { secret in holds(secret, "20261121", region, cache) })
        }
        // Room that is there is not made anew.
        cache.makeRoom(forSecrets: count)
        #expect(secrets.allSatisfy { secret in holds(secret, "20261121", "eu-west-1", cache) })
        cache.makeRoom(forSecrets: 2 * count + 256)
        #expect(cache.count == 0)
    }

    @Test func onlyAGoodSignatureKeepsAKey() throws {
        let verifier = SignatureVerifier()
        let request = try SignedRequest().signed()
        #expect(request.refusal(secret: SecretKey([1]), by: verifier) != nil)
        #expect(verifier.signingKeyCount == 0)
        #expect(request.refusal(by: verifier) == nil)
        #expect(request.refusal(by: verifier) == nil)
        #expect(verifier.signingKeyCount == 1)
    }

    @Test func sessionTokens() throws {
        let token = "AQo/+== %"
        try SignedRequest(unsignedHeaders: [("x-amz-security-token", "  \(token) ")]).signed().received { request in
            let verifier = SignatureVerifier()
            let authorization = try verifier.authorization(of: request)
            #expect(verifier.sessionToken(of: authorization, in: request)?.text == token)
        }
        try SignedRequest(signedHeaders: "host;x-amz-target")
            .presigned(extra: "&X-Amz-Security-Token=AQo%2F%2B%3d=%20%25").received { request in
                let verifier = SignatureVerifier()
                let authorization = try verifier.authorization(of: request)
                #expect(verifier.sessionToken(of: authorization, in: request)?.text == token)
            }
        try SignedRequest().signed().received { request in
            let verifier = SignatureVerifier()
            let authorization = try verifier.authorization(of: request)
            #expect(verifier.sessionToken(of: authorization, in: request) == nil)
        }
    }

    private func insert(_ secret: SecretKey, _ day: String, _ region: String, _ cache: SigningKeyCache) {
        Array(day.utf8).withBytes { day in
            Array(region.utf8).withBytes { region in
                cache.insert(HMACKey(day), of: secret, date: day, region: region)
            }
        }
    }

    private func holds(_ secret: SecretKey, _ day: String, _ region: String, _ cache: SigningKeyCache) -> Bool {
        Array(day.utf8).withBytes { day in
            Array(region.utf8).withBytes { region in cache.key(of: secret, date: day, region: region) != nil }
        }
    }
}
