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
    private(set) var body: [UInt8]
    /// The digest of `body`, if it is large and was sent as it is.
    let payload: PayloadDigest?
    /// What is sent upstream in place of `body`.
    var replacement: [UInt8]?
    /// The value of X-Amz-Target.
    let target: String
    let contentType: ReplyContentType
    /// The headers that `--dev` passes on; empty otherwise.
    let callerHeaders: [(name: String, value: [UInt8])]
    /// What it takes of the tenant's rates; nil for what costs the tenant nothing.
    let use: RequestUse?
    /// Gives the body's memory back.
    private let side: SideThreads

    init(
        exchange: HTTPExchange,
        tenant: Tenant,
        body: [UInt8],
        payload: PayloadDigest?,
        target: String,
        contentType: ReplyContentType,
        callerHeaders: [(name: String, value: [UInt8])],
        use: RequestUse?,
        side: SideThreads
    ) {
        self.exchange = exchange
        self.tenant = tenant
        self.body = body
        self.payload = payload
        self.target = target
        self.contentType = contentType
        self.callerHeaders = callerHeaders
        self.use = use
        self.side = side
    }

    deinit {
        if body.count > Worker.releasedBytes { side.discard(&body) }
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
            body: admitted.large?.bytes ?? Array(admitted.body),
            payload: admitted.large?.payload,
            target: operation?.target ?? String(decoding: admitted.target, as: UTF8.self),
            contentType: ReplyContentType(of: admitted.http),
            callerHeaders: callerHeaders,
            use: operation.map { use(of: $0, isWrite: isWrite, by: admitted.tenant) },
            side: side
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
        let isOwn = body == nil && request.replacement == nil
        let body = body ?? request.replacement ?? request.body
        let asks = request.use.map { mustKnowCapacity($0, of: request.tenant) } ?? false
        let payload = isOwn ? request.payload : nil
        let isSigned = request.tenant.route.store == nil
        aside(asks || isSigned && payload == nil ? body.count : 0, for: request.tenant) {
            OutgoingBody(body, payload, asksForCapacity: asks, isSigned: isSigned)
        } then: { [unowned self] outgoing in
            send(
                request.target,
                body: outgoing.bytes,
                payload: outgoing.payload,
                contentType: request.contentType,
                callerHeaders: request.callerHeaders,
                as: request.tenant,
                isRead: isRead,
                takesTurns: request.use != nil
            ) { [unowned self] result in
                let operation = request.use?.operation
                let hasAsked = outgoing.hasAsked
                let result = isRead ? received(result, of: request.tenant) : result
                aside(result.bodyCount, for: request.tenant) {
                    ExaminedReply(result, of: operation, hasAsked: hasAsked)
                } then: { [unowned self] examined in
                    if case .failure(let failure) = examined.result {
                        log(failure, of: request.target, as: request.tenant)
                    }
                    if let use = request.use {
                        use.getItemReply = examined.getItem
                        settle(use, of: request, sent: outgoing.bytes.count, examined)
                    }
                    discardLater(outgoing.bytes)
                    if case .success(let reply) = examined.result { discardLater(reply.body) }
                    completion(examined.result)
                }
            }
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
            isRead: true
        ) { [unowned self] result in
            let verified = result.flatMap { $0.verified() }
            if case .failure(let failure) = verified { log(failure, of: target, as: tenant) }
            completion(verified)
        }
    }

    private func send(
        _ target: String,
        body: [UInt8],
        payload: PayloadDigest? = nil,
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
            payload: payload,
            authentication: authentication,
            isRead: isRead
        )
        if takesTurns {
            dispatch(call, of: tenant, completion: completion)
        } else {
            upstream(of: tenant.route).send(call, completion: completion)
        }
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
