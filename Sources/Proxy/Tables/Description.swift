import DynamoDB
import Transport
import Upstream

extension Worker {
    /// How long a failed description is not asked for again, by cause.
    ///
    /// Nanoseconds.
    private static let retryAfterTransient: UInt64 = 1_000_000_000
    private static let retryAfterRefused: UInt64 = 30_000_000_000

    /// Gives the table's metadata, asking upstream for it at most once at a time (per worker).
    ///
    /// `then` is called once; before this returns when the answer is known.
    func describe(_ view: TenantTable, as request: HeldRequest, then: @escaping (MetadataState) -> Void) {
        let state = view.metadata(now: reactor.now)
        guard case .unknown = state else {
            refreshIfOld(view, as: request)
            return then(state)
        }
        let id = ObjectIdentifier(view)
        if describing[id] != nil {
            describing[id]?.append(then)
            return
        }
        describing[id] = [then]
        load(view, as: request) { [unowned self] state in
            for waiter in describing.removeValue(forKey: id) ?? [] {
                waiter(state)
            }
        }
    }

    /// Asks for the description again without anybody waiting, when it has become old.
    func refreshIfOld(_ view: TenantTable, as request: @autoclosure () -> HeldRequest) {
        guard view.claimsRefresh(now: reactor.now, retryAfter: Self.retryAfterTransient) else { return }
        load(view, as: request()) { _ in }
    }

    private func load(_ view: TenantTable, as request: HeldRequest, then: @escaping (MetadataState) -> Void) {
        let version = view.table.descriptionVersion
        var body = Array("{\"TableName\":".utf8)
        JSONText.appendQuoted(view.table.name, to: &body)
        body.append(UInt8(ascii: "}"))

        func finish(_ state: MetadataState) {
            view.record(
                state,
                version: version,
                now: reactor.now,
                refreshAfter: shared.configuration.coherence.tableRefresh
            )
            then(state)
        }

        send(own: "DynamoDB_20120810.DescribeTable", body: body, like: request) { [unowned self] result in
            switch described(result, isTimeToLive: false) {
            case .answer(let reply):
                guard let description = unsafe reply.body.withUnsafeBytes({ unsafe TableDescription.parse($0) }),
                    description.isUsable
                else {
                    return finish(.unavailable(until: reactor.now &+ Self.retryAfterTransient))
                }
                send(own: "DynamoDB_20120810.DescribeTimeToLive", body: body, like: request) { [unowned self] result in
                    switch described(result, isTimeToLive: true) {
                    case .answer(let reply):
                        finish(known(description, timeToLive: reply))
                    case .refused:
                        finish(known(description, timeToLive: nil))
                    case .later(let delay):
                        finish(.unavailable(until: reactor.now &+ delay))
                    }
                }
            case .refused:
                let bare = TableMetadata(
                    identity: nil,
                    schema: nil,
                    arn: nil,
                    timeToLiveAttribute: nil,
                    isReplicated: false
                )
                finish(.known(bare))
            case .later(let delay):
                finish(.unavailable(until: reactor.now &+ delay))
            }
        }
    }

    private enum Described {
        case answer(UpstreamReply)
        /// The upstream will not describe tables (no permission, no such operation): items can be cached all the same.
        case refused
        /// Nothing can be said of the table before the delay has passed.
        case later(UInt64)
    }

    private func described(_ result: UpstreamResult, isTimeToLive: Bool) -> Described {
        guard case .success(let reply) = result else { return .later(Self.retryAfterTransient) }
        if reply.status == 200 { return .answer(reply) }
        guard reply.status == 400 else { return .later(Self.retryAfterTransient) }
        switch reply.errorName {
        case "AccessDeniedException", "UnknownOperationException", "ValidationException":
            return .refused
        case "ResourceNotFoundException" where isTimeToLive:
            return .refused
        default:
            return .later(Self.retryAfterTransient)
        }
    }

    private func known(_ description: TableDescription, timeToLive reply: UpstreamReply?) -> MetadataState {
        let timeToLive = reply.flatMap { reply in
            unsafe reply.body.withUnsafeBytes { unsafe TimeToLiveDescription.parse($0) }
        }
        let metadata = TableMetadata(
            identity: description.tableID,
            schema: description.keySchema,
            arn: description.arn,
            timeToLiveAttribute: timeToLive?.attribute,
            isReplicated: description.hasReplicas
        )
        return .known(metadata)
    }
}

extension UpstreamReply {
    /// The name of the DynamoDB error that the body carries; empty when it carries none.
    var errorName: Substring {
        unsafe body.withUnsafeBytes { body in
            var reader = unsafe JSONReader(body)
            do {
                try reader.beginObject()
                while let name = try reader.nextMember() {
                    guard reader.matches(name, "__type") else {
                        _ = try reader.skipValue()
                        continue
                    }
                    let type = reader.decoded(try reader.string())
                    return type.split(separator: "#").last ?? ""
                }
            } catch {}
            return ""
        }
    }
}
