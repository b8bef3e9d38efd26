import DynamoDB
import Transport
import Upstream

/// The two content types DynamoDB speaks; a reply has the request's.
enum ReplyContentType {
    case amazonJSON
    case json

    var value: StaticString {
        switch self {
        case .amazonJSON: "application/x-amz-json-1.0"
        case .json: "application/json"
        }
    }

    /// The whole header field.
    var field: StaticString {
        switch self {
        case .amazonJSON: "Content-Type: application/x-amz-json-1.0\r\n"
        case .json: "Content-Type: application/json\r\n"
        }
    }

    /// The type a request's Content-Type asks for (parameters such as a charset ignored); nil for any other.
    init?(requested value: UnsafeRawBufferPointer?) {
        guard let value = unsafe value else { return nil }
        // As the SDKs write it.
        if unsafe value.equalsIgnoringCase("application/x-amz-json-1.0") {
            self = .amazonJSON
            return
        }
        var end = 0
        while end < value.count, unsafe value[end] != UInt8(ascii: ";") {
            end += 1
        }
        while end > 0, unsafe value[end - 1] == UInt8(ascii: " ") || value[end - 1] == UInt8(ascii: "\t") {
            end -= 1
        }
        let type = unsafe UnsafeRawBufferPointer(rebasing: value[..<end])
        if unsafe type.equalsIgnoringCase("application/x-amz-json-1.0") {
            self = .amazonJSON
        } else if unsafe type.equalsIgnoringCase("application/json") {
            self = .json
        } else {
            return nil
        }
    }

    init(of request: HTTPRequest) {
        self = unsafe ReplyContentType(requested: request.header("content-type")) ?? .amazonJSON
    }
}

extension Worker {
    /// Answers with a body, whose CRC-32 is `checksum`; on the hit path, so without allocation.
    func reply(
        _ body: UnsafeRawBufferPointer,
        checksum: UInt32,
        status: Int = 200,
        cache: CacheStatus,
        contentType: ReplyContentType,
        to exchange: HTTPExchange
    ) {
        shared.counters.count(cache)
        exchange.reply(
            status: status,
            contentLength: body.count,
            headers: { writer in
                writer.append(contentType.field)
                writeRequestID(to: writer)
                writer.header("x-amz-crc32", UInt64(checksum))
                if cache == .hit {
                    writer.append("X-Leveret-Cache: hit\r\n")
                } else {
                    writer.header("X-Leveret-Cache", cache.name)
                }
            },
            body: { writer in unsafe writer.append(body) }
        )
    }

    /// Answers with a body of the proxy's making; `checksum` is its CRC-32, if that is known.
    func reply(
        _ body: [UInt8],
        checksum: UInt32? = nil,
        status: Int = 200,
        cache: CacheStatus,
        contentType: ReplyContentType,
        to exchange: HTTPExchange
    ) {
        if body.count > Self.inlineBytes {
            let upstream = UpstreamReply(status: status, checksum: checksum, body: body)
            return reply(upstream, cache: cache, contentType: contentType, to: exchange)
        }
        unsafe body.withUnsafeBytes { body in
            unsafe reply(
                body,
                checksum: checksum ?? CRC32.checksum(body),
                status: status,
                cache: cache,
                contentType: contentType,
                to: exchange
            )
        }
    }

    /// Answers with an error.
    func reply(
        _ error: ErrorReply,
        cache: CacheStatus = .refused,
        to exchange: HTTPExchange,
        contentType: ReplyContentType
    ) {
        shared.counters.count(cache)
        let body = error.body()
        let checksum = unsafe body.withUnsafeBytes { unsafe CRC32.checksum($0) }
        exchange.reply(
            status: error.status,
            contentLength: body.count,
            headers: { writer in
                if error.isJSON { writer.header("Content-Type", contentType.value) }
                writeRequestID(to: writer)
                writer.header("x-amz-crc32", UInt64(checksum))
                writer.header("X-Leveret-Cache", cache.name)
            },
            body: { writer in writer.append(body) }
        )
    }

    /// Passes an upstream's reply on, byte for byte.
    func reply(
        _ upstream: UpstreamReply,
        cache: CacheStatus,
        contentType: ReplyContentType,
        to exchange: HTTPExchange
    ) {
        assert(upstream.checksum != nil || upstream.body.count <= Self.copiedBytes, "a large body is summed elsewhere")
        shared.counters.count(cache)
        // One that came with it has been checked.
        let checksum = unsafe upstream.checksum ?? upstream.body.withUnsafeBytes { unsafe CRC32.checksum($0) }
        exchange.reply(
            status: upstream.status,
            headers: { writer in
                if let type = upstream.contentType {
                    unsafe type.withUnsafeBytes { unsafe writer.header("Content-Type", $0) }
                } else {
                    writer.header("Content-Type", contentType.value)
                }
                if let requestID = upstream.requestID {
                    unsafe requestID.withUnsafeBytes { unsafe writer.header("x-amzn-RequestId", $0) }
                } else {
                    writeRequestID(to: writer)
                }
                writer.header("x-amz-crc32", UInt64(checksum))
                for header in upstream.headers {
                    writer.header(header.name, header.value)
                }
                writer.header("X-Leveret-Cache", cache.name)
            },
            body: upstream.body
        )
    }

    /// Answers a request that was held, and counts the answer.
    func reply(_ body: [UInt8], checksum: UInt32? = nil, cache: CacheStatus, to request: HeldRequest) {
        countAnswer(request, body: body.count)
        reply(body, checksum: checksum, cache: cache, contentType: request.contentType, to: request.exchange)
    }

    /// Passes an upstream's reply to a request on, and counts the answer.
    func reply(_ upstream: UpstreamReply, cache: CacheStatus, to request: HeldRequest) {
        countAnswer(request, body: upstream.body.count)
        reply(upstream, cache: cache, contentType: request.contentType, to: request.exchange)
    }

    /// Answers a request that was held with an error, and counts the answer.
    func reply(_ error: ErrorReply, cache: CacheStatus = .refused, to request: HeldRequest) {
        countAnswer(request, body: error.body().count)
        reply(error, cache: cache, to: request.exchange, contentType: request.contentType)
    }

    /// Answers a request that was held that there is no answer, and counts it.
    func reply(_ failure: UpstreamFailure, isRead: Bool, to request: HeldRequest) {
        countAnswer(request, body: 0)
        reply(failure, isRead: isRead, contentType: request.contentType, to: request.exchange)
    }

    /// Answers that there is no answer.
    ///
    /// Only a write that may have been sent leaves the client in doubt (500); all else can be tried again (503).
    ///
    /// Under `leveret local` a call that the store drops or leaves without answer is one whose connection closes.
    func reply(_ failure: UpstreamFailure, isRead: Bool, contentType: ReplyContentType, to exchange: HTTPExchange) {
        if shared.localTenant != nil, failure.kind == .reset || failure.kind == .timeout {
            shared.counters.count(.upstreamFailure)
            return exchange.abandon()
        }
        let error: ErrorReply =
            if !isRead && failure.mayHaveBeenSent {
                .internalServerError("The upstream did not answer (\(failure.kind.rawValue)): the outcome is unknown.")
            } else {
                .serviceUnavailable("The upstream could not be used (\(failure.kind.rawValue)). Please retry.")
            }
        reply(error, cache: .upstreamFailure, to: exchange, contentType: contentType)
    }

    /// Answers a health check as DynamoDB does.
    func reply(health region: String, to exchange: HTTPExchange) {
        let body = Array("healthy: dynamodb.\(region).amazonaws.com ".utf8)
        let checksum = unsafe body.withUnsafeBytes { unsafe CRC32.checksum($0) }
        exchange.reply(
            status: 200,
            contentLength: body.count,
            headers: { writer in
                writer.header("Content-Type", "text/plain")
                writeRequestID(to: writer)
                writer.header("x-amz-crc32", UInt64(checksum))
            },
            body: { writer in writer.append(body) }
        )
    }

    private func writeRequestID(to writer: ReplyWriter) {
        writer.append("x-amzn-RequestId: ")
        unsafe writer.append(count: RequestID.count) { room in unsafe requestIDs.write(into: room) }
        writer.append("\r\n")
    }
}

extension ErrorReply {
    /// What a tenant may not do or touch.
    static func accessDenied(_ tenant: Tenant, operation: String, table: [UInt8]?) -> ErrorReply {
        let resource =
            table.map {
                "arn:aws:dynamodb:\(tenant.route.endpoint.region):000000000000:table/\(String(decoding: $0, as: UTF8.self))"
            } ?? "*"
        return .accessDenied(
            user: "arn:aws:iam::000000000000:user/\(tenant.name)",
            operation: operation,
            resource: resource
        )
    }

    /// A body that can't be taken apart.
    init(_ error: RequestError) {
        self = error.message.map { .serialization($0) } ?? .malformedJSON
    }
}

extension ErrorReply {
    /// DynamoDB's words for what HTTP itself refuses.
    static func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        let error: ErrorReply =
            switch reason {
            case .bodyTooLarge: .requestTooLarge
            case .overloaded, .tooManyConnections: .serviceUnavailable()
            default: .malformedJSON
            }
        let body = error.body()
        let status = error.status == 400 ? (reason.status == 431 ? 400 : reason.status) : error.status
        let checksum = unsafe body.withUnsafeBytes { unsafe CRC32.checksum($0) }
        var requestID = RequestID()
        var identifier = [UInt8](repeating: 0, count: RequestID.count)
        unsafe identifier.withUnsafeMutableBytes { unsafe requestID.write(into: $0) }
        return HTTPRefusalReply(
            status: status,
            contentType: ReplyContentType.amazonJSON.value,
            headers: [("x-amzn-RequestId", identifier), ("x-amz-crc32", Array("\(checksum)".utf8))],
            body: body
        )
    }
}
