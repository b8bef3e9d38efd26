import DynamoDB
import SigV4
import Transport

/// A request that has passed authentication, while its bytes are still the connection's.
///
/// Valid only during `Worker.handle`: stages that answer later take a `HeldRequest` of it.
@safe
struct Admitted {
    let http: HTTPRequest
    /// That of the answer.
    let contentType: ReplyContentType
    let exchange: HTTPExchange
    let tenant: Tenant
    /// The body after content decoding.
    let body: UnsafeRawBufferPointer
    /// The value of X-Amz-Target.
    let target: UnsafeRawBufferPointer
    /// The same body, if it is large or was encoded.
    var large: LargeBody? { box?.large }
    private let box: Box?

    /// Large itself, and seldom there: not to be copied with every request.
    private final class Box {
        let large: LargeBody

        init(_ large: LargeBody) { self.large = large }
    }

    init(
        http: HTTPRequest,
        contentType: ReplyContentType,
        exchange: HTTPExchange,
        tenant: Tenant,
        body: UnsafeRawBufferPointer,
        target: UnsafeRawBufferPointer,
        large: LargeBody?
    ) {
        self.http = http
        self.contentType = contentType
        self.exchange = exchange
        self.tenant = tenant
        unsafe self.body = body
        unsafe self.target = target
        box = large.map { large in Box(large) }
    }
}

extension Worker: HTTPHandler {
    /// The whole way of a request.
    ///
    /// A hit is answered before this returns; everything else goes on with a `HeldRequest`.
    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        defer { foreseen.clear() }
        do throws(ErrorReply) {
            let contentType = unsafe ReplyContentType(requested: request.header("content-type"))
            if try answerWithoutTenant(request, contentType, exchange) { return }
            let target = unsafe request.onlyHeader("x-amz-target")
            let tenant = unsafe try authenticate(request, target: target)
            let isEncoded = try isEncoded(request)
            if unsafe isEncoded || request.body.count > Self.inlineBytes {
                return readAside(request, isEncoded: isEncoded, tenant, exchange)
            }
            unsafe try dispatch(request, contentType, target: target, body: request.body, nil, tenant, exchange)
        } catch {
            reply(error, to: exchange, contentType: ReplyContentType(of: request))
        }
    }

    /// Authorises the operation, and sends the request to the stage that serves it.
    ///
    /// `contentType` is the one that the request asks for and `target` the value of X-Amz-Target, if they have been looked
    /// at.
    func dispatch(
        _ request: HTTPRequest,
        _ contentType: ReplyContentType? = nil,
        target: UnsafeRawBufferPointer? = nil,
        body: UnsafeRawBufferPointer,
        _ large: LargeBody?,
        _ tenant: Tenant,
        _ exchange: HTTPExchange
    ) throws(ErrorReply) {
        guard let target = unsafe target ?? request.onlyHeader("x-amz-target") else { throw .unknownOperation }
        let admitted = unsafe Admitted(
            http: request,
            contentType: contentType ?? ReplyContentType(of: request),
            exchange: exchange,
            tenant: tenant,
            body: body,
            target: target,
            large: large
        )
        let isRead = foreseen.isRead && large == nil
        switch unsafe isRead ? .known(.getItem) : Target.parse(target) {
        case .known(let operation):
            guard tenant.policy.allows(operation) else {
                throw .accessDenied(tenant, operation: operation.name, table: nil)
            }
            if shared.localTenant != nil { return serveLocally(operation, admitted) }
            switch operation {
            case .getItem: try getItem(admitted)
            case .batchGetItem: try batchGetItem(admitted)
            default: try otherOperation(operation, admitted)
            }
        case .unknown where shared.localTenant != nil:
            throw .unknownOperation
        case .unknown(let name, _):
            try unknownOperation(named: name, admitted)
        case .legacy, .malformed:
            throw .unknownOperation
        }
    }

    /// Health checks, and requests that are none of DynamoDB's.
    ///
    /// - Returns: True when the request has been answered.
    private func answerWithoutTenant(
        _ request: HTTPRequest,
        _ contentType: ReplyContentType?,
        _ exchange: HTTPExchange
    ) throws(ErrorReply) -> Bool {
        // A call of an SDK is asked nothing more.
        if request.method == .post, contentType != nil { return false }
        if answerServiceControl(request, exchange) { return true }
        guard request.method == .get else { throw .notFound }
        reply(health: shared.region, to: exchange)
        return true
    }

    /// Under `leveret local` everything goes to the store as it came.
    private func serveLocally(_ operation: Operation, _ admitted: Admitted) {
        if operation == .describeEndpoints { return describeEndpoints(admitted) }
        forward(hold(admitted), status: .disabled, isRead: operation.changesNothing)
    }

    /// Whether the body has a content coding to be undone.
    ///
    /// DynamoDB takes gzip, signed as compressed.
    private func isEncoded(_ request: HTTPRequest) throws(ErrorReply) -> Bool {
        guard let encoding = unsafe request.header("content-encoding"), unsafe !encoding.isEmpty else { return false }
        if unsafe encoding.equalsIgnoringCase("gzip") { return true }
        guard unsafe encoding.equalsIgnoringCase("identity") else { throw .malformedJSON }
        return false
    }

    static func decompress(_ body: [UInt8], limit: Int) throws(ErrorReply) -> [UInt8] {
        // A throw out of `withUnsafeBytes` would lose its type.
        let decoded = unsafe body.withUnsafeBytes { body in
            Result { () throws(GunzipError) in unsafe try Gunzip.decompress(body, limit: limit) }
        }
        // DynamoDB's own answer to a body that does not inflate.
        guard case .success(let bytes) = decoded else { throw .internalServerError() }
        return bytes
    }

    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        ErrorReply.refusal(reason)
    }
}
