import Cache
import DynamoDB
import Transport
import Upstream

extension Worker {
    /// Answers from memory if it can; else reads upstream and keeps what it read.
    func getItem(_ admitted: Admitted) throws(ErrorReply) {
        let tenant = admitted.tenant
        let get: GetItemRequest
        do throws(RequestError) {
            if admitted.large == nil, foreseen.isRead {
                get = foreseen.get
            } else if case .getItem(let read)? = admitted.large?.reading {
                get = try read.get()
            } else {
                get = unsafe try GetItemRequest.parse(admitted.body)
            }
        } catch {
            throw ErrorReply(error)
        }
        let name: (view: TenantTable?, arn: String?)
        if let view = foreseen.view {
            noteView(view, accessKey: foreseen.accessKey)
            name = (view, nil)
        } else {
            name = try resolveTable(get, admitted)
        }
        // One that is large has no plausible key.
        let isCacheable = unsafe get.isCacheable && admitted.body.count <= Self.inlineBytes
        guard let view = name.view, isCacheable, view.cache.isEnabled else {
            let status: CacheStatus = name.view.map { $0.cache.isEnabled } == false ? .disabled : .notCacheable
            return forward(hold(admitted, as: .getItem), status: status, isRead: true)
        }

        let epoch = view.table.epoch
        let hash: UInt64
        if foreseen.view != nil, foreseen.epoch == epoch {
            hash = foreseen.hash
        } else {
            CacheKey.begin(keyBuffer, tenant: tenant.number, table: view.table.number, epoch: epoch)
            guard unsafe ItemKey.appendCanonical(get, of: admitted.body, to: keyBuffer) else {
                return forward(hold(admitted, as: .getItem), status: .notCacheable, isRead: true)
            }
            hash = unsafe tenant.store.hash(keyBuffer.bytes)
        }
        var status = CacheStatus.consistentRead
        var largeBytes: Int?
        var mustWait = false
        if !get.consistentRead {
            mustWait = owesBytes(admitted.tenant)
            status = .miss
        }
        if !get.consistentRead, !mustWait {
            let found = unsafe lookup(
                get,
                view,
                name.arn,
                hash: hash,
                body: admitted.body,
                tenant: admitted.tenant,
                contentType: admitted.contentType,
                to: admitted.exchange,
                answersInPlace: admitted.large == nil
            )
            switch found {
            case .answered:
                refreshIfOld(view, as: hold(admitted))
                return
            case .notUnderstood:
                return forward(hold(admitted, as: .getItem), status: .notCacheable, isRead: true)
            case .large(let stored):
                largeBytes = stored
            case .absent(let reason):
                status = reason
            }
        }
        guard let projection = unsafe Projected(get, admitted.body) else {
            // The upstream words the error.
            return forward(hold(admitted, as: .getItem), status: .notCacheable, isRead: true)
        }
        let held = unsafe HeldGet(
            request: hold(admitted, as: .getItem),
            get: get,
            view: view,
            canonical: Array(CacheKey.canonical(keyBuffer.bytes)),
            arn: name.arn,
            projection: projection.value,
            status: status
        )
        held.request.use?.isConsistent = get.consistentRead
        held.request.use?.isCacheable = !get.consistentRead
        held.request.use?.misses = get.consistentRead ? 0 : 1
        if let largeBytes {
            answerLarge(held, largeBytes, cacheKey: unsafe Array(keyBuffer.bytes))
            refreshIfOld(view, as: held.request)
        } else if mustWait {
            admitCached(held.request) { [unowned self] in
                if !answerFromMemory(held) { fetch(held) }
            }
        } else {
            fetch(held)
        }
    }

    /// Answers a request that has waited, if what it asks for is in memory by now.
    ///
    /// Not in place: an answer outside of `handle` lets the connection's next request in at once, which looks into the
    /// store as well and uses the same buffers.
    func answerFromMemory(_ held: HeldGet) -> Bool {
        guard !held.get.consistentRead else { return false }
        let request = held.request
        CacheKey.begin(
            keyBuffer,
            tenant: request.tenant.number,
            table: held.view.table.number,
            epoch: held.view.table.epoch
        )
        let found = unsafe request.body.withUnsafeBytes { body in
            unsafe held.canonical.withUnsafeBytes { unsafe keyBuffer.append($0) }
            return unsafe lookup(
                held.get,
                held.view,
                held.arn,
                hash: request.tenant.store.hash(keyBuffer.bytes),
                body: body,
                tenant: request.tenant,
                contentType: request.contentType,
                to: request.exchange,
                answersInPlace: false
            )
        }
        switch found {
        case .answered: break
        case .large(let stored): answerLarge(held, stored, cacheKey: unsafe Array(keyBuffer.bytes))
        case .notUnderstood, .absent: return false
        }
        refund(request)
        return true
    }

    /// Answers from memory with an item that takes long to copy or to cut; reads it upstream if it has gone by then.
    private func answerLarge(_ held: HeldGet, _ stored: Int, cacheKey: [UInt8]) {
        let tenant = held.request.tenant
        let store = tenant.store
        let now = reactor.now
        let (get, body, projection) = (held.get, held.request.body, held.projection)
        let isPlain = get.isPlain
        side.run(for: tenant.party, bytes: body.count, cost: stored) { () -> LargeHit? in
            // Its memory is there before others wait for the shard.
            var stored = [UInt8](repeating: 0, count: stored)
            let found = unsafe cacheKey.withUnsafeBytes { key in
                unsafe store.read(key, hash: store.hash(key), now: now) { entry in
                    unsafe stored.replaceSubrange(stored.indices, with: entry.value)
                    return entry.mark
                }
            }
            guard case .hit(let mark) = found else { return nil }
            if isPlain { return LargeHit(body: stored, checksum: mark, stored: stored.count) }
            let answer = unsafe stored.withUnsafeBytes { stored in
                unsafe body.withUnsafeBytes { body in unsafe Self.shaped(stored, get, projection, body) }
            }
            let checksum = answer.map { answer in unsafe answer.withUnsafeBytes { unsafe CRC32.checksum($0) } }
            return LargeHit(body: answer, checksum: checksum, stored: stored.count)
        } then: { [unowned self] hit in
            guard let hit else { return fetch(held) }
            guard let answer = hit.body else {
                return forward(held.request, status: .notCacheable, isRead: true)
            }
            let request = held.request
            unsafe held.canonical.withUnsafeBytes { canonical in
                unsafe trace?.read(request.tenant, held.view, canonical: canonical, stored: hit.stored)
            }
            countHit(request.tenant, stored: hit.stored, reply: answer.count)
            reply(answer, checksum: hit.checksum, cache: .hit, contentType: request.contentType, to: request.exchange)
        }
    }

    private struct LargeHit: Sendable {
        /// Nil when the upstream must judge.
        let body: [UInt8]?
        let checksum: UInt32?
        let stored: Int
    }

    /// Bytes of an item that are copied out of the store on the reactor's own thread.
    private static let inPlaceBytes = 256 << 10
    /// Bytes of a table's name that are looked at: more than any name or ARN has, however it is escaped.
    private static let nameBytes = 16 << 10

    /// The table a GetItem names, if the tenant may read it.
    private func resolveTable(
        _ get: GetItemRequest,
        _ admitted: Admitted
    ) throws(ErrorReply) -> (view: TenantTable?, arn: String?) {
        let raw = unsafe get.tableName.slice(of: admitted.body)
        if get.tableNameIsPlain, let view = unsafe view(of: raw, for: admitted.tenant) { return (view, nil) }
        guard raw.count <= Self.nameBytes, let reference = TableReference(unsafe JSONText.decoded(raw)) else {
            guard admitted.tenant.policy.allowsEveryTable else {
                throw .accessDenied(admitted.tenant, operation: "GetItem", table: nil)
            }
            return (nil, nil)
        }
        guard admitted.tenant.policy.allowsTable(reference.nameBytes) else {
            throw .accessDenied(admitted.tenant, operation: "GetItem", table: reference.nameBytes)
        }
        let named = unsafe reference.nameBytes.withUnsafeBytes { unsafe view(of: $0, for: admitted.tenant) }
        return (named, reference.arn)
    }

    private enum LookupOutcome {
        case answered
        /// There is an entry of so many bytes, which takes long to answer from.
        case large(Int)
        /// There is an entry, but the request is one that the upstream must judge.
        case notUnderstood
        case absent(CacheStatus)
    }

    /// Looks the key in `keyBuffer`, whose hash is given, up and answers on a hit; with `answersInPlace` from the store
    /// itself if it can, which only `handle` may ask for.
    private func lookup(
        _ get: GetItemRequest,
        _ view: TenantTable,
        _ arn: String?,
        hash: UInt64,
        body: UnsafeRawBufferPointer,
        tenant: Tenant,
        contentType: ReplyContentType,
        to exchange: HTTPExchange,
        answersInPlace: Bool
    ) -> LookupOutcome {
        if let arn {
            guard case .known(let metadata) = view.metadata(now: reactor.now), metadata.arn == arn else {
                return .absent(.miss)
            }
        }
        let key = unsafe keyBuffer.bytes
        let isPlain = answersInPlace && get.isPlain
        let limit = isPlain ? Self.inPlaceBytes : Self.inlineBytes
        let store = tenant.store
        let found = unsafe store.read(key, hash: hash, now: reactor.now) { entry in
            if unsafe entry.value.count > limit { return unsafe entry.value.count }
            if isPlain {
                unsafe reply(
                    entry.value,
                    checksum: entry.mark,
                    cache: .hit,
                    contentType: contentType,
                    to: exchange
                )
            } else {
                valueBuffer.removeAll(keepingCapacity: true)
                unsafe valueBuffer.append(contentsOf: entry.value)
            }
            return unsafe entry.value.count
        }
        switch found {
        case .hit(let stored):
            if stored > limit { return .large(stored) }
            unsafe trace?.read(tenant, view, canonical: CacheKey.canonical(key), stored: stored)
            if isPlain {
                countHit(tenant, stored: stored, reply: stored)
                return .answered
            }
            guard let count = unsafe answerShaped(get, body: body, contentType: contentType, to: exchange) else {
                return .notUnderstood
            }
            countHit(tenant, stored: stored, reply: count)
            return .answered
        case .expired: return .absent(.expired)
        case .miss: return .absent(.miss)
        }
    }

    /// Answers from the stored body in `valueBuffer` a request that wants a projection or its capacity.
    ///
    /// - Returns: The length of the answer's body; nil when the upstream must judge.
    private func answerShaped(
        _ get: GetItemRequest,
        body source: UnsafeRawBufferPointer,
        contentType: ReplyContentType,
        to exchange: HTTPExchange
    ) -> Int? {
        guard let projection = unsafe Projected(get, source) else { return nil }
        let body = unsafe valueBuffer.withUnsafeBytes { unsafe Self.shaped($0, get, projection.value, source) }
        guard let body else { return nil }
        reply(body, cache: .hit, contentType: contentType, to: exchange)
        return body.count
    }

    /// The answer from a stored body to a request that may want a projection or its capacity; nil when the upstream must
    /// judge.
    private static func shaped(
        _ stored: UnsafeRawBufferPointer,
        _ get: GetItemRequest,
        _ projection: Projection?,
        _ source: UnsafeRawBufferPointer
    ) -> [UInt8]? {
        var body: [UInt8] = []
        let item = unsafe StoredItem.item(in: stored)
        guard unsafe GetItemBody.append(item, projection: projection, to: &body) else { return nil }
        if get.returnConsumedCapacity != .none {
            var capacity: [UInt8] = []
            let name = unsafe get.tableName.slice(of: source)
            unsafe ConsumedCapacity.appendHit(tableName: name, shape: get.returnConsumedCapacity, to: &capacity)
            GetItemBody.addMember("ConsumedCapacity", capacity, to: &body)
        }
        return body
    }
}

extension GetItemRequest {
    /// A stored body answers it as it is.
    fileprivate var isPlain: Bool {
        projectionExpression == nil && attributesToGet == nil && returnConsumedCapacity == .none
    }
}
