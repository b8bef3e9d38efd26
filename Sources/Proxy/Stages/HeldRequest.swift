import DynamoDB
import Logging
import SigV4
import Transport
import Upstream

/// A request that outlives the connection's buffer: what the stages that answer later need of it.
///
/// Confined to its reactor.
final class HeldRequest {
    let exchange: HTTPExchange
    let tenant: Tenant
    /// The body after content decoding; ranges found in the original are valid in it.
    let body: [UInt8]
    /// What is sent upstream in place of `body`.
    var replacement: [UInt8]?
    /// The value of X-Amz-Target.
    let target: String
    let contentType: ReplyContentType
    /// The headers that `--dev` passes on; empty otherwise.
    let callerHeaders: [(name: String, value: [UInt8])]
    /// What it takes of the tenant's rates; nil for what costs the tenant nothing.
    let use: RequestUse?

    init(
        exchange: HTTPExchange,
        tenant: Tenant,
        body: [UInt8],
        target: String,
        contentType: ReplyContentType,
        callerHeaders: [(name: String, value: [UInt8])],
        use: RequestUse?
    ) {
        self.exchange = exchange
        self.tenant = tenant
        self.body = body
        self.target = target
        self.contentType = contentType
        self.callerHeaders = callerHeaders
        self.use = use
    }

    /// Its tenant's rates have let it through, or it costs nothing.
    var isAdmitted: Bool { use.map { $0.charged != nil } ?? true }
}

extension Worker {
    /// Copies what a later answer needs.
    ///
    /// `operation` is told when the tenant pays for it.
    func hold(_ admitted: Admitted, as operation: DataOperation? = nil, isWrite: Bool = false) -> HeldRequest {
        var callerHeaders: [(name: String, value: [UInt8])] = []
        if case .caller = admitted.tenant.route.identity {
            for name in ["authorization", "x-amz-date", "x-amz-security-token", "host"] as [StaticString] {
                if let value = unsafe admitted.http.header(name) {
                    unsafe callerHeaders.append((name.description, Array(value)))
                }
            }
        }
        return unsafe HeldRequest(
            exchange: admitted.exchange,
            tenant: admitted.tenant,
            body: Array(admitted.body),
            target: operation?.target ?? String(decoding: admitted.target, as: UTF8.self),
            contentType: ReplyContentType(of: admitted.http),
            callerHeaders: callerHeaders,
            use: operation.map { use(of: $0, isWrite: isWrite, by: admitted.tenant) }
        )
    }

    /// Sends a request upstream as the tenant.
    ///
    /// `body` is sent in place of the request's own. `completion` is called once, on this reactor, not before this
    /// function returns; what the request has used is settled then.
    func send(
        _ request: HeldRequest,
        body: [UInt8]? = nil,
        isRead: Bool,
        completion: @escaping (UpstreamResult) -> Void
    ) {
        let body = body ?? request.replacement ?? request.body
        let asking = request.use.flatMap { askingForCapacity(body, $0, of: request.tenant) }
        let sent = asking ?? body
        send(
            request.target,
            body: sent,
            contentType: request.contentType,
            callerHeaders: request.callerHeaders,
            as: request.tenant,
            isRead: isRead,
            takesTurns: request.use != nil
        ) { [unowned self] result in
            guard let use = request.use else { return completion(result) }
            completion(settle(use, of: request, sent: sent.count, hasAsked: asking != nil, result))
        }
    }

    /// Sends a request of the proxy's own as the tenant.
    func send(
        own target: String,
        body: [UInt8],
        as tenant: Tenant,
        completion: @escaping (UpstreamResult) -> Void
    ) {
        send(
            target,
            body: body,
            contentType: .amazonJSON,
            callerHeaders: [],
            as: tenant,
            isRead: true,
            completion: completion
        )
    }

    private func send(
        _ target: String,
        body: [UInt8],
        contentType: ReplyContentType,
        callerHeaders: [(name: String, value: [UInt8])],
        as tenant: Tenant,
        isRead: Bool,
        takesTurns: Bool = false,
        completion: @escaping (UpstreamResult) -> Void
    ) {
        let authentication: UpstreamAuthentication
        switch tenant.route.identity {
        case .credentials(let provider):
            do {
                authentication = .sign(try provider.current())
            } catch {
                logger.error("no upstream credentials", fields: [.error: "\(error)"])
                let failure = UpstreamFailure(
                    kind: .connect,
                    mayHaveBeenSent: false,
                    description: "the upstream's credentials can't be read"
                )
                _ = reactor.schedule(after: 0) { completion(.failure(failure)) }
                return
            }
        case .caller(let madeUp):
            authentication =
                callerHeaders.contains { $0.name == "authorization" }
                ? .passThrough(headers: callerHeaders) : .sign(madeUp)
        }
        let call = UpstreamCall(
            endpoint: tenant.route.endpoint,
            target: target,
            contentType: contentType.text,
            body: body,
            authentication: authentication,
            isRead: isRead
        )
        func finish(_ result: UpstreamResult) {
            let result = result.flatMap(Self.verified)
            if case .failure(let failure) = result { log(failure, of: target, as: tenant) }
            completion(result)
        }
        if takesTurns {
            dispatch(call, of: tenant, completion: finish)
        } else {
            upstream(of: tenant.route).send(call, completion: finish)
        }
    }

    /// A reply whose body is not what its checksum says is no reply: the client could not tell, since it gets a checksum
    /// of ours.
    private static func verified(_ reply: UpstreamReply) -> UpstreamResult {
        guard let checksum = reply.checksum else { return .success(reply) }
        if unsafe reply.body.withUnsafeBytes({ unsafe CRC32.checksum($0) }) == checksum { return .success(reply) }
        return .failure(
            UpstreamFailure(
                kind: .malformed,
                mayHaveBeenSent: true,
                description: "the reply's body does not match its x-amz-crc32"
            )
        )
    }

    private func log(_ failure: UpstreamFailure, of target: String, as tenant: Tenant) {
        guard let omitted = failureLog.admit(now: reactor.now) else { return }
        var fields: [LogKey: Logger.MetadataValue] = [
            .tenant: "\(tenant.name)",
            .operation: "\(target)",
            .error: "\(failure.description)",
        ]
        if omitted > 0 { fields[.omitted] = "\(omitted)" }
        logger.warning("upstream call failed", fields: fields)
    }
}

extension ReplyContentType {
    /// A literal, so that no call makes a text of its own.
    fileprivate var text: String {
        switch self {
        case .amazonJSON: "application/x-amz-json-1.0"
        case .json: "application/json"
        }
    }
}
