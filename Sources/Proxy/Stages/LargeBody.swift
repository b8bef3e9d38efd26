import DynamoDB
import SigV4
import Transport
import Upstream

/// Hashes a large body as it arrives.
final class PayloadObserver: BodyObserver {
    private var hash = PayloadHash()

    var digest: PayloadDigest { hash.finish() }

    func take(_ piece: UnsafeRawBufferPointer) {
        unsafe hash.update(piece)
    }
}

extension HTTPRequest {
    /// The digest of a large body, which has been hashed as it came.
    var payload: PayloadDigest? {
        guard let observer else { return nil }
        return (observer as? PayloadObserver)?.digest
    }
}

/// What a body was read for, before it is decided what becomes of the request.
enum BodyReading: Sendable {
    case getItem(Result<GetItemRequest, RequestError>)
    case batchGetItem(Result<BatchReading, RequestError>)
    case other(Result<Touching, RequestError>)
}

/// A body that the connection's buffer does not hold, and what has been found out about it.
struct LargeBody {
    let bytes: [UInt8]
    var payload: PayloadDigest?
    var reading: BodyReading?
}

/// Large bodies are gone through on threads beside the reactor, which serves its other connections meanwhile.
///
/// What is done there are functions of values: what they say is done about it is done on the reactor.
extension Worker {
    /// Bytes of JSON that are gone through on the reactor's own thread.
    static let inlineBytes = 16 << 10

    /// The same of a body that is only summed or copied.
    static let copiedBytes = 128 << 10

    /// What a byte of gzip becomes at most.
    private static let gzipRatio = 1032

    func bodyObserver() -> (any BodyObserver)? {
        // Without signatures to be verified a digest is of no use.
        shared.isDevelopment || shared.localTenant != nil ? nil : PayloadObserver()
    }

    /// Bytes of memory that are given back on the reactor's own thread.
    static let releasedBytes = 1 << 20

    func discard(_ body: inout [UInt8]) {
        if body.count > Self.releasedBytes { side.discard(&body) }
    }

    /// Gives a body back when whoever works with it in this turn has let it go.
    func discardLater(_ body: [UInt8]) {
        guard body.count > Self.releasedBytes else { return }
        final class Kept {
            var body: [UInt8]
            init(_ body: [UInt8]) { self.body = body }
        }
        let kept = Kept(body)
        _ = reactor.schedule(after: 0) { [unowned self] in discard(&kept.body) }
    }

    /// Calls `work` beside the reactor, in the tenant's turn, if it goes through more than is done in place, else at once; then `then`.
    func aside<Result: Sendable>(
        _ bytes: Int,
        for tenant: Tenant,
        _ work: @escaping @Sendable () -> Result,
        then: @escaping (Result) -> Void
    ) {
        if bytes <= Self.inlineBytes {
            then(work())
        } else {
            side.run(for: tenant.party, bytes: bytes, work, then: then)
        }
    }

    /// Whether the tenant may have so many more bytes gone through; small ones never wait.
    func hasRoom(for bytes: Int, of tenant: Tenant) -> Bool {
        bytes <= Self.inlineBytes || side.hasRoom(for: bytes, of: tenant.party)
    }

    /// The reply to a read, unless it is so large that its tenant has no room for it beside the reactor.
    ///
    /// A write's is never refused: it has been done.
    func received(_ result: UpstreamResult, of tenant: Tenant) -> UpstreamResult {
        if hasRoom(for: result.bodyCount, of: tenant) { return result }
        if case .success(let reply) = result { discardLater(reply.body) }
        return .failure(
            UpstreamFailure(
                kind: .overloaded,
                mayHaveBeenSent: true,
                description: "too many bytes of the tenant's replies are held"
            )
        )
    }

    /// Reads a large request's body, then goes on as with any other.
    ///
    /// A request whose client has gone by then is dropped: nothing of it has been done.
    func readAside(_ request: HTTPRequest, isEncoded: Bool, _ tenant: Tenant, _ exchange: HTTPExchange) {
        let kept = KeptRequest(request)
        let purpose = purpose(of: request, tenant)
        let payload = isEncoded ? nil : request.payload
        if purpose == .forwarding, !isEncoded {
            return goOn(kept, .success(LargeBody(bytes: kept.body, payload: payload)), tenant, exchange)
        }
        let limit = shared.configuration.limits.bodyBytes
        let body = kept.body
        let bytes = isEncoded ? min(limit, body.count * Self.gzipRatio) : body.count
        guard hasRoom(for: bytes, of: tenant) else {
            return reply(.serviceUnavailable(), to: exchange, contentType: ReplyContentType(of: request))
        }
        let policy = tenant.policy
        side.run(for: tenant.party, bytes: bytes) {
            Result { () throws(ErrorReply) in
                let decoded = isEncoded ? try Self.decompress(body, limit: limit) : body
                return (decoded, unsafe decoded.withUnsafeBytes { unsafe purpose.read($0, policy) })
            }
        } then: { [unowned self] outcome in
            discardLater(kept.body)
            if isEncoded, case .success(let (decoded, _)) = outcome { discardLater(decoded) }
            guard exchange.isOpen else { return }
            let read = outcome.map { LargeBody(bytes: $0.0, payload: payload, reading: $0.1) }
            goOn(kept, read, tenant, exchange)
        }
    }

    private func goOn(
        _ kept: KeptRequest,
        _ read: Result<LargeBody, ErrorReply>,
        _ tenant: Tenant,
        _ exchange: HTTPExchange
    ) {
        kept.withRequest { request in
            do throws(ErrorReply) {
                let large = try read.get()
                // A throw out of `withUnsafeBytes` would lose its type.
                let refusal: ErrorReply? = unsafe large.bytes.withUnsafeBytes { body in
                    do throws(ErrorReply) {
                        unsafe try dispatch(request, body: body, large, tenant, exchange)
                        return nil
                    } catch {
                        return error
                    }
                }
                if let refusal { throw refusal }
            } catch {
                reply(error, to: exchange, contentType: ReplyContentType(of: request))
            }
        }
    }

    /// What the body is to be read for.
    private func purpose(of request: HTTPRequest, _ tenant: Tenant) -> BodyPurpose {
        guard shared.localTenant == nil, let target = unsafe request.onlyHeader("x-amz-target") else {
            return .forwarding
        }
        switch unsafe Target.parse(target) {
        case .known(let operation) where !tenant.policy.allows(operation): return .forwarding
        case .known(.getItem): return .getItem
        case .known(.batchGetItem): return .batchGetItem
        case .known(let operation): return .other(operation)
        case .unknown: return .other(nil)
        case .legacy, .malformed: return .forwarding
        }
    }
}

extension Tenant {
    /// The tenant as `SideThreads` knows it.
    var party: UInt64 { UInt64(number) }
}

/// What a large body is read for.
private enum BodyPurpose: Equatable {
    /// To nobody but the upstream, or to nobody at all.
    case forwarding
    case getItem
    case batchGetItem
    case other(Operation?)

    func read(_ body: UnsafeRawBufferPointer, _ policy: AccessPolicy) -> BodyReading? {
        switch self {
        case .forwarding:
            nil
        case .getItem:
            .getItem(Result { () throws(RequestError) in unsafe try GetItemRequest.parse(body) })
        case .batchGetItem:
            .batchGetItem(Result { () throws(RequestError) in unsafe try BatchReading(body, policy) })
        case .other(let operation):
            .other(Result { () throws(RequestError) in unsafe try Touching(operation, body, policy) })
        }
    }
}

/// Why a request is not its tenant's to make: it names another's table or, when nil, may show one.
struct Denial: Sendable {
    let table: [UInt8]?

    /// No table's name is nearly as long as what is kept of it.
    private static let nameBytes = 1024

    init(table: [UInt8]?) {
        self.table = table.map { Array($0.prefix(Self.nameBytes)) }
    }
}
