import DynamoDB
import Logging
import Transport
import Upstream

extension Worker {
    /// How long a failed description is not asked for again, in nanoseconds.
    private static let retryDelay: UInt64 = 1_000_000_000

    /// Sees to it that the tables are described as far as they can be, all at the same time and each at most once at a
    /// time (per worker), then calls `then` once: before this returns when there is nothing to wait for.
    ///
    /// What came of it is asked of the views (`TenantTable.metadata`), after the epoch that a lease will use.
    func describe(_ views: [TenantTable], as request: HeldRequest, then: @escaping () -> Void) {
        var waitingFor: [ObjectIdentifier: TenantTable] = [:]
        for view in views {
            if case .unknown = view.metadata(now: reactor.now) {
                waitingFor[ObjectIdentifier(view)] = view
            } else {
                refreshIfOld(view, as: request)
            }
        }
        guard !waitingFor.isEmpty else { return then() }
        var left = waitingFor.count
        for (id, view) in waitingFor {
            describe(id, view, as: request.tenant) {
                left -= 1
                if left == 0 { then() }
            }
        }
    }

    /// Asks for the description of a table, unless it is known, without a request to answer.
    func describe(_ view: TenantTable, as tenant: Tenant) {
        guard case .unknown = view.metadata(now: reactor.now) else { return }
        describe(ObjectIdentifier(view), view, as: tenant) {}
    }

    private func describe(_ id: ObjectIdentifier, _ view: TenantTable, as tenant: Tenant, then: @escaping () -> Void) {
        let isUnderWay = describing[id] != nil
        describing[id, default: []].append(then)
        if isUnderWay { return }
        load(view, as: tenant) { [unowned self] in
            for waiter in describing.removeValue(forKey: id) ?? [] {
                waiter()
            }
        }
    }

    /// Asks for the description again without anybody waiting, when it has become old.
    func refreshIfOld(_ view: TenantTable, as request: @autoclosure () -> HeldRequest) {
        guard view.claimsRefresh(now: reactor.now, retryAfter: Self.retryDelay) else { return }
        load(view, as: request().tenant) {}
    }

    private func load(_ view: TenantTable, as tenant: Tenant, then: @escaping () -> Void) {
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
            then()
        }

        send(own: "DynamoDB_20120810.DescribeTable", body: body, as: tenant) { [unowned self] result in
            switch described(result, isTimeToLive: false) {
            case .answer(let reply):
                guard let description = unsafe reply.body.withUnsafeBytes({ unsafe TableDescription.parse($0) }),
                    description.isUsable
                else {
                    return finish(.unavailable(until: reactor.now &+ Self.retryDelay))
                }
                send(own: "DynamoDB_20120810.DescribeTimeToLive", body: body, as: tenant) { [unowned self] result in
                    switch described(result, isTimeToLive: true) {
                    case .answer(let reply):
                        finish(known(description, timeToLive: reply))
                    case .refused:
                        warn("the upstream will not tell the TTL attribute: it is not applied", of: view, tenant)
                        finish(known(description, timeToLive: nil))
                    case .gone, .later:
                        finish(.unavailable(until: reactor.now &+ Self.retryDelay))
                    }
                }
            case .refused:
                warn("the upstream will not describe the table: a PutItem drops all of its entries", of: view, tenant)
                let bare = TableMetadata(
                    identity: nil,
                    schema: nil,
                    arn: nil,
                    timeToLiveAttribute: nil,
                    isReplicated: false
                )
                finish(.known(bare))
            case .gone:
                // What is kept of it is of a table that is no more.
                view.table.scope.invalidate(now: reactor.now)
                finish(.unavailable(until: reactor.now &+ Self.retryDelay))
            case .later:
                finish(.unavailable(until: reactor.now &+ Self.retryDelay))
            }
        }
    }

    private enum Described {
        case answer(UpstreamReply)
        /// The upstream will not describe tables (no permission, no such operation): items can be cached all the same.
        case refused
        /// There is no such table.
        case gone
        /// Nothing can be said of the table now.
        case later
    }

    private func warn(_ text: Logger.Message, of view: TenantTable, _ tenant: Tenant) {
        logger.warning(
            text,
            fields: [.tenant: "\(tenant.name)", .table: "\(String(decoding: view.table.name, as: UTF8.self))"]
        )
    }

    private func described(_ result: UpstreamResult, isTimeToLive: Bool) -> Described {
        guard case .success(let reply) = result else { return .later }
        if reply.status == 200 { return .answer(reply) }
        guard reply.status == 400 else { return .later }
        switch reply.errorName {
        case "AccessDeniedException", "UnknownOperationException", "ValidationException":
            return .refused
        case "ResourceNotFoundException":
            return isTimeToLive ? .refused : .gone
        default:
            return .later
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
