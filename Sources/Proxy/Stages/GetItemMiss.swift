import Cache
import DynamoDB
import Transport
import Upstream

/// A GetItem that was not answered from memory at once.
///
/// Confined to its reactor.
final class HeldGet {
    let request: HeldRequest
    let get: GetItemRequest
    let view: TenantTable
    /// Bytes of the canonical key.
    let canonical: [UInt8]
    /// The name that stood for the table was an ARN, to be checked against the table's own.
    let arn: String?
    let projection: Projection?
    /// Why the cache did not answer.
    let status: CacheStatus

    init(
        request: HeldRequest,
        get: GetItemRequest,
        view: TenantTable,
        canonical: [UInt8],
        arn: String?,
        projection: Projection?,
        status: CacheStatus
    ) {
        self.request = request
        self.get = get
        self.view = view
        self.canonical = canonical
        self.arn = arn
        self.projection = projection
        self.status = status
    }
}

extension Worker {
    /// Reads the item upstream, or waits for somebody who does, and answers.
    func fetch(_ held: HeldGet) {
        if case .unknown = held.view.metadata(now: reactor.now) {
            return describe([held.view], as: held.request) { [unowned self] in fetchDescribed(held) }
        }
        refreshIfOld(held.view, as: held.request)
        fetchDescribed(held)
    }

    /// Reads the item once the tenant may, unless it is in memory by then.
    ///
    /// The lease is taken anew: it is of the time at which the read is sent.
    private func admitFetch(_ held: HeldGet) {
        let arrival = reactor.now
        admit(held.request) { [unowned self] in
            let hasWaited = reactor.now != arrival
            if hasWaited, answerFromMemory(held) { return }
            fetch(held)
        }
    }

    private func fetchDescribed(_ held: HeldGet) {
        let table = held.view.table
        // The epoch before the description: whatever changes the description after this raises the epoch too.
        let epoch = table.epoch
        guard case .known(let metadata) = held.view.metadata(now: reactor.now) else {
            return forward(held.request, status: .noDescription, isRead: true)
        }
        guard held.arn == nil || held.arn == metadata.arn else {
            return forward(held.request, status: .notCacheable, isRead: true)
        }
        CacheKey.begin(keyBuffer, tenant: held.request.tenant.number, table: table.number, epoch: epoch)
        let stripe = unsafe held.canonical.withUnsafeBytes { canonical in
            unsafe keyBuffer.append(canonical)
            return unsafe CacheKey.stripe(table: table.number, canonical: canonical)
        }
        let cacheKey = unsafe Array(keyBuffer.bytes)
        let lease: FillLease
        switch FillLease.take(
            table: table,
            epoch: epoch,
            stripe: stripe,
            stripes: shared.stripes,
            now: reactor.now,
            settling: shared.configuration.coherence.consistentReadAfterWrite
        ) {
        case .success(let granted): lease = granted
        case .failure(let refusal):
            return forward(held.request, status: CacheStatus(refusal), isRead: true)
        }

        let isUpgraded = lease.needsConsistentRead && !held.get.consistentRead
        var flight: FlightTable.Key?
        if !held.get.consistentRead, let landings {
            let key = FlightTable.Key(cacheKey: cacheKey, version: lease.version)
            let ticket = ticket()
            // To join a read under way costs nothing, to lead one does.
            switch shared.flights.join(
                key,
                FlightTable.Waiter(mailbox: landings, ticket: ticket),
                mayLead: held.request.isAdmitted
            ) {
            case .joined:
                // Its landing comes through the mailbox, so not before this.
                waiting[ticket] = { [unowned self] result in answer(held, result, joined: true, isUpgraded: false) }
                return refund(held.request)
            case .leads: flight = key
            case .none: return admitFetch(held)
            }
        } else if !held.request.isAdmitted {
            return admitFetch(held)
        }
        held.request.use?.isConsistent = held.get.consistentRead || isUpgraded
        var body: [UInt8]?
        if isUpgraded || held.projection != nil {
            body = wholeItemRequest(held, consistentRead: held.get.consistentRead || isUpgraded)
        }
        send(held.request, body: body, isRead: true) { [unowned self] result in
            let (filler, parsed) = (filler, held.request.use?.getItemReply)
            let (view, tenant) = (held.view, held.request.tenant)
            aside(result.bodyCount, for: tenant) {
                let fetched = FetchResult(result, parsed)
                return (fetched, filler.fill(fetched, lease, view, metadata, tenant, cacheKey: cacheKey))
            } then: { [unowned self] fetched, isKept in
                // Before the answer: whoever has seen it and asks again must not join this flight.
                if let flight {
                    shared.flights.land(flight, fetched)
                }
                answer(held, fetched, joined: false, isUpgraded: isUpgraded, isTooLarge: !isKept)
            }
        }
    }

    /// The request without its projection, so that the whole item comes back and can be kept.
    private func wholeItemRequest(_ held: HeldGet, consistentRead: Bool) -> [UInt8] {
        var body: [UInt8] = []
        unsafe held.request.body.withUnsafeBytes { source in
            unsafe RequestWriter.appendGetItem(
                tableName: held.get.tableName.slice(of: source),
                key: held.get.key.slice(of: source),
                consistentRead: consistentRead,
                returnConsumedCapacity: held.get.returnConsumedCapacity,
                to: &body
            )
        }
        return body
    }

    /// Answers one that asked, from what came of the read.
    private func answer(
        _ held: HeldGet,
        _ fetched: FetchResult,
        joined: Bool,
        isUpgraded: Bool,
        isTooLarge: Bool = false
    ) {
        let request = held.request
        if joined { countCoalesced(fetched, request) }
        let status: CacheStatus = joined ? .coalesced : isTooLarge ? .tooLarge : held.status
        switch fetched {
        case .failure(let failure):
            reply(failure, isRead: true, to: request)
        case .opaque(let upstream):
            reply(upstream, cache: status, to: request)
        case .item(let upstream, let item, let consumed):
            if !held.get.consistentRead {
                trace?.read(request.tenant, held.view, canonical: held.canonical, item: item.map { $0.end - $0.start })
            }
            if !joined, !isUpgraded, held.projection == nil {
                return reply(upstream, cache: status, to: request)
            }
            let (get, projection, asked) = (held.get, held.projection, request.body)
            aside(upstream.body.count, for: request.tenant) {
                let body = unsafe upstream.body.withUnsafeBytes { source in
                    let raw = unsafe item.map { unsafe $0.slice(of: source) }
                    let used = unsafe joined ? nil : consumed.map { unsafe $0.slice(of: source) }
                    return unsafe asked.withUnsafeBytes { asked in
                        unsafe Self.body(of: raw, get, projection, used, asked, isUpgraded: isUpgraded)
                    }
                }
                return body.map { body in (body, unsafe body.withUnsafeBytes { unsafe CRC32.checksum($0) }) }
            } then: { [unowned self] answer in
                guard let (body, checksum) = answer else {
                    let error = ErrorReply.internalServerError("The item could not be projected.")
                    return reply(error, cache: .upstreamFailure, to: request)
                }
                reply(body, checksum: checksum, cache: status, to: request)
            }
        }
    }

    /// The body of an answer; nil when the item can't be projected.
    ///
    /// `used` is the capacity that the upstream reports for this request.
    private static func body(
        of item: UnsafeRawBufferPointer?,
        _ get: GetItemRequest,
        _ projection: Projection?,
        _ used: UnsafeRawBufferPointer?,
        _ asked: UnsafeRawBufferPointer,
        isUpgraded: Bool
    ) -> [UInt8]? {
        var body: [UInt8] = []
        guard unsafe GetItemBody.append(item, projection: projection, to: &body) else { return nil }
        if get.returnConsumedCapacity != .none {
            var capacity: [UInt8] = []
            let name = unsafe Array(get.tableName.slice(of: asked))
            let used = unsafe used.flatMap { unsafe ConsumedCapacity.parse($0) }
            let reported = used ?? ConsumedCapacity(tableName: name, units: 0, shape: get.returnConsumedCapacity)
            (isUpgraded ? reported.halved : reported).append(to: &capacity)
            GetItemBody.addMember("ConsumedCapacity", capacity, to: &body)
        }
        return body
    }
}

extension Filler {
    /// Installs what was read.
    ///
    /// - Returns: False when it is too large to be kept.
    fileprivate func fill(
        _ fetched: FetchResult,
        _ lease: FillLease,
        _ view: TenantTable,
        _ metadata: TableMetadata,
        _ tenant: Tenant,
        cacheKey: [UInt8]
    ) -> Bool {
        guard case .item(let reply, let item, _) = fetched else { return true }
        return unsafe reply.body.withUnsafeBytes { body in
            let raw = unsafe item.map { unsafe $0.slice(of: body) }
            // Most replies are what is stored, byte for byte.
            if unsafe StoredItem.isForm(of: item, body) {
                return unsafe fill(
                    raw,
                    stored: body,
                    checksum: reply.checksum ?? CRC32.checksum(body),
                    lease,
                    view,
                    metadata,
                    tenant,
                    cacheKey: cacheKey
                )
            }
            return unsafe fill(raw, lease, view, metadata, tenant, cacheKey: cacheKey)
        }
    }
}

extension FetchResult {
    /// An upstream's answer to a GetItem, with its parts if they are known.
    init(_ result: UpstreamResult, _ parsed: GetItemReply?) {
        switch result {
        case .failure(let failure):
            self = .failure(failure)
        case .success(let reply):
            guard reply.status == 200, let parsed else {
                self = .opaque(reply)
                return
            }
            self = .item(reply, item: parsed.item, consumedCapacity: parsed.consumedCapacity)
        }
    }
}
