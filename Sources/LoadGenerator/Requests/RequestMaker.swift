internal import SigV4

/// Makes a tenant's signed requests, for one thread.
///
/// Head and body are put together anew each time, which is cheap; what is dear, the signature, is kept by kind and number
/// of request for some minutes. Since bodies follow from these two alone, the keys that are asked for keep their
/// distribution. Only the contents of BatchGetItem and Query are drawn ahead, and drawn again when their signature has
/// expired; and only where they are many beside the keys, since a cache would find all of few contents before long.
final class RequestMaker {
    /// Contents of BatchGetItem and of Query that are drawn ahead.
    static let contents = 4096
    /// Keys in them for each key there is, so that they are like those that would be drawn anew.
    private static let keysForEach = 10

    let items: ItemWriter
    private let plan: TenantPlan
    private let signer = RequestSigner()
    private let host: String
    private let capacity: Int
    /// Kinds of requests whose signatures are used again.
    private let kept: [Bool]
    private var caches: [SignatureCache?]
    /// Heads by kind of request, in the pieces between which date, day and signature stand.
    private var heads: [(beforeDate: [UInt8], beforeDay: [UInt8], beforeSignature: [UInt8])]
    private let epoch: Int64
    private var body: [UInt8] = []
    private var batches: [Int: [Int]] = [:]
    private var limits: [Int: Int] = [:]
    /// Draws the contents of BatchGetItem and Query; to be set before they are asked for.
    var draw: () -> Int = { 0 }
    /// Draws the limit of a Query.
    var drawLimit: () -> Int = { 1 }
    /// Signatures made.
    private(set) var signatures = 0

    /// `now`: seconds since 1970, no later than any time given later.
    init(_ plan: TenantPlan, endpoint: HTTPEndpoint, trace: TraceKeys?, settings: BenchmarkPlan, now: Int64) {
        self.plan = plan
        host = endpoint.authority
        capacity = max(1, min(settings.preparedSignatures, trace?.keys ?? plan.keys))
        items = ItemWriter(plan, trace: trace, seed: settings.seed)
        caches = WireKind.allCases.map { _ in nil }
        let keys = trace?.keys ?? plan.keys
        let isSteady =
            switch plan.distribution {
            // What comes next depends on what went before.
            case .scan, .latest: false
            default: true
            }
        kept = WireKind.allCases.map { kind in
            let keysInEach = kind == .batchGet ? plan.mix.batchSize : 1
            let areMany = isSteady && Self.contents * keysInEach >= Self.keysForEach * keys
            return settings.signing == .prepared && kind.isRepeatable && (!kind.isDrawn || areMany)
        }
        epoch = now
        let token = plan.credentials.signing.sessionToken
        let names =
            ["content-type", "host", "x-amz-date"] + (token == nil ? [] : ["x-amz-security-token"]) + ["x-amz-target"]
        let scope =
            "/\(plan.region)/dynamodb/aws4_request, SignedHeaders=\(names.joined(separator: ";")), Signature="
        let (host, key) = (host, plan.credentials.signing.accessKeyID)
        heads = WireKind.allCases.map { kind in
            var fixed =
                "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Type: \(Self.contentType)\r\n"
                + "X-Amz-Target: \(Self.target(kind))\r\n"
            if let token { fixed += "X-Amz-Security-Token: \(token)\r\n" }
            return (
                Array((fixed + "X-Amz-Date: ").utf8),
                Array("\r\nAuthorization: AWS4-HMAC-SHA256 Credential=\(key)/".utf8),
                Array(scope.utf8)
            )
        }
    }

    private static let contentType = "application/x-amz-json-1.0"
    private static func target(_ kind: WireKind) -> String { "DynamoDB_20120810.\(kind.operation)" }

    /// Writes a request in place of what `output` holds; `now`: seconds since 1970.
    func write(_ kind: WireKind, number: Int, into output: inout [UInt8], now: Int64) {
        let second = UInt32(clamping: now - epoch)
        let known = known(kind, number, second)
        if known == nil { drawContents(kind, number) }
        body.removeAll(keepingCapacity: true)
        appendBody(kind, number)
        assemble(kind, known ?? sign(kind, number, second, now), into: &output)
    }

    /// Writes a request with a body made elsewhere.
    func write(_ kind: WireKind, body: [UInt8], into output: inout [UInt8], now: Int64) {
        self.body = body
        assemble(kind, sign(kind, 0, UInt32(clamping: now - epoch), now), into: &output)
    }

    /// Makes a signature ahead.
    func prepare(_ kind: WireKind, number: Int, now: Int64) {
        let second = UInt32(clamping: now - epoch)
        guard known(kind, number, second) == nil else { return }
        drawContents(kind, number)
        body.removeAll(keepingCapacity: true)
        appendBody(kind, number)
        _ = sign(kind, number, second, now)
    }

    private func assemble(_ kind: WireKind, _ signature: Signature, into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        let head = heads[kind.rawValue]
        output.append(contentsOf: head.beforeDate)
        unsafe withUnsafeBytes(of: signature.date) { date in
            unsafe output.append(contentsOf: date)
            output.append(contentsOf: head.beforeDay)
            unsafe output.append(contentsOf: date[..<8])
        }
        output.append(contentsOf: head.beforeSignature)
        unsafe withUnsafeBytes(of: signature.text) { unsafe output.append(contentsOf: $0) }
        output.append(contentsOf: "\r\nContent-Length: ".utf8)
        output.append(contentsOf: String(body.count).utf8)
        output.append(contentsOf: "\r\n\r\n".utf8)
        output.append(contentsOf: body)
    }

    // MARK: Signatures

    private func known(_ kind: WireKind, _ number: Int, _ second: UInt32) -> Signature? {
        guard kept[kind.rawValue], let cache = caches[kind.rawValue],
            let place = cache.place(of: UInt64(number), now: second)
        else { return nil }
        return cache.signature(at: place)
    }

    /// Signs the body, and keeps the signature if it can be used again.
    private func sign(_ kind: WireKind, _ number: Int, _ second: UInt32, _ now: Int64) -> Signature {
        var headers = [
            (name: "content-type", value: Self.contentType), (name: "host", value: host),
            (name: "x-amz-target", value: Self.target(kind)),
        ]
        if let token = plan.credentials.signing.sessionToken {
            headers.append((name: "x-amz-security-token", value: token))
        }
        let (authorization, date) = unsafe body.withUnsafeBytes { body in
            unsafe signer.sign(
                method: "POST",
                path: "/",
                headers: headers,
                body: body,
                credentials: plan.credentials.signing,
                region: plan.region,
                now: now
            )
        }
        signatures += 1
        var signature = Signature(text: SIMD64(), date: SIMD16())
        for (index, byte) in authorization.utf8.suffix(64).enumerated() { signature.text[index] = byte }
        for (index, byte) in date.utf8.prefix(16).enumerated() { signature.date[index] = byte }
        guard kept[kind.rawValue] else { return signature }
        let size = kind.isDrawn ? Self.contents : capacity
        if caches[kind.rawValue] == nil { caches[kind.rawValue] = SignatureCache(capacity: size) }
        caches[kind.rawValue]?.store(signature, of: UInt64(number), second: second)
        return signature
    }

    // MARK: Bodies

    private func drawContents(_ kind: WireKind, _ number: Int) {
        switch kind {
        case .batchGet:
            var keys: [Int] = []
            // DynamoDB refuses a key that comes twice; of few keys, or very skewed ones, fewer are taken.
            var attempts = plan.mix.batchSize * 20
            while keys.count < plan.mix.batchSize, attempts > 0 {
                let key = draw()
                if !keys.contains(key) { keys.append(key) }
                attempts -= 1
            }
            batches[number] = keys
        case .query:
            batches[number] = [draw()]
            limits[number] = drawLimit()
        default: break
        }
    }

    private func append(_ text: StaticString) {
        unsafe body.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func appendBody(_ kind: WireKind, _ number: Int) {
        switch kind {
        case .batchGet:
            append(#"{"RequestItems":{"#)
            items.appendTable(to: &body)
            append(#":{"Keys":["#)
            for (index, key) in (batches[number] ?? []).enumerated() {
                if index > 0 { append(",") }
                items.appendKey(key, to: &body)
            }
            append("]}}}")
            return
        case .query:
            let key = batches[number]?.first ?? 0
            append(#"{"TableName":"#)
            items.appendTable(to: &body)
            append(#","KeyConditionExpression":"id = :i AND seq >= :s","ExpressionAttributeValues":{":i":"#)
            items.appendPartition(of: key, to: &body)
            append(#",":s":"#)
            items.appendPlace(of: key, to: &body)
            append(#"},"Limit":"#)
            body.append(contentsOf: String(limits[number] ?? 1).utf8)
            append("}")
            return
        default: break
        }
        append(#"{"TableName":"#)
        items.appendTable(to: &body)
        switch kind {
        case .put:
            append(#","Item":"#)
            items.appendItem(number, to: &body)
        default:
            append(#","Key":"#)
            items.appendKey(number, to: &body)
        }
        if kind == .consistentGet { append(#","ConsistentRead":true"#) }
        if kind == .update { items.appendUpdate(number, to: &body) }
        append("}")
    }
}
