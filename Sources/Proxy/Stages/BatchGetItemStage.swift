import Cache
import DynamoDB
import Transport
import Upstream

/// What one table's part of a BatchGetItem needs when its missing keys come back.
private struct BatchFill {
    let metadata: TableMetadata
    let epoch: UInt64
    /// By canonical key; keys that may not be filled are not in it.
    var leases: [[UInt8]: FillLease] = [:]

    var needsConsistentRead: Bool { leases.values.contains(where: \.needsConsistentRead) }
}

extension Worker {
    /// Answers what memory has, reads the rest upstream, and keeps what it read.
    func batchGetItem(_ admitted: Admitted) throws(ErrorReply) {
        if case .batchGetItem(let read)? = admitted.large?.reading { return try batchGetItem(read, admitted) }
        let batch: BatchGetItemRequest
        do throws(RequestError) {
            batch = unsafe try BatchGetItemRequest.parse(admitted.body)
        } catch {
            throw ErrorReply(error)
        }
        for table in batch.tables {
            let name = unsafe TableReference(JSONText.decoded(table.name.slice(of: admitted.body)))?.nameBytes
            let policy = admitted.tenant.policy
            guard policy.allowsEveryTable || name.map({ policy.allowsTable($0) }) == true else {
                throw .accessDenied(admitted.tenant, operation: "BatchGetItem", table: name)
            }
        }
        let held = hold(admitted, as: .batchGetItem)
        held.use?.items = max(1, batch.tables.reduce(0) { $0 + $1.keys.count })
        guard batch.isCacheable else { return forward(held, status: .notCacheable, isRead: true) }
        admitCached(held) { [unowned self] in serve(batch, held) }
    }

    /// The same for a large request, which has been read.
    private func batchGetItem(
        _ read: Result<BatchReading, RequestError>,
        _ admitted: Admitted
    ) throws(ErrorReply) {
        let reading = try read.mapError { ErrorReply($0) }.get()
        if let denial = reading.denial {
            throw .accessDenied(admitted.tenant, operation: "BatchGetItem", table: denial.table)
        }
        let held = hold(admitted, as: .batchGetItem)
        held.use?.items = max(1, reading.keyCount)
        guard reading.request.isCacheable else { return forward(held, status: .notCacheable, isRead: true) }
        admitCached(held) { [unowned self] in serve(reading.request, held) }
    }

    private func serve(_ batch: BatchGetItemRequest, _ held: HeldRequest) {
        guard let plan = unsafe held.body.withUnsafeBytes({ unsafe plan(batch, $0, held.tenant) }) else {
            return forward(held, status: .notCacheable, isRead: true)
        }
        if let use = held.use { note(plan, use, held.tenant) }
        if plan.missingCount == 0 {
            answer(plan, held)
            for part in plan.tables {
                refreshIfOld(part.view, as: held)
            }
        } else {
            admit(held) { [unowned self] in
                describe(plan.tables.map(\.view), as: held) { [unowned self] in fetch(plan, held) }
            }
        }
    }

    /// Notes what memory has of a batch.
    private func note(_ plan: BatchPlan, _ use: RequestUse, _ tenant: Tenant) {
        tenant.meter.lane(lane) { lane in
            for part in plan.tables {
                let isCacheable = part.view.cache.isEnabled && !part.spec.consistentRead
                for key in part.keys {
                    switch key.found {
                    case .stored(let value):
                        use.hits += 1
                        use.hitUnits += lane.costs.readUnits(ofJSON: value.count)
                    case .missing:
                        if isCacheable { use.misses += 1 }
                    case .postponed: use.items -= 1
                    }
                }
                if isCacheable { use.isCacheable = true } else { use.isConsistent = part.spec.consistentRead }
            }
        }
    }

    /// Takes the request apart and looks its keys up.
    ///
    /// Nil for what the upstream must judge (a key asked for twice, a projection DynamoDB refuses) and for tables named
    /// by ARN.
    private func plan(
        _ batch: BatchGetItemRequest,
        _ body: UnsafeRawBufferPointer,
        _ tenant: Tenant
    ) -> BatchPlan? {
        var plan = BatchPlan(request: batch, tables: [])
        var held = 0
        for spec in batch.tables {
            guard spec.nameIsPlain,
                let view = unsafe view(of: spec.name.slice(of: body), for: tenant),
                let projected = unsafe Projected(
                    expression: spec.projectionExpression.map { unsafe $0.slice(of: body) },
                    names: spec.expressionAttributeNames.map { unsafe $0.slice(of: body) },
                    attributes: spec.attributesToGet.map { unsafe $0.slice(of: body) }
                )
            else { return nil }
            var part = BatchPlan.TablePart(spec: spec, view: view, projection: projected.value, keys: [])
            var distinct: Set<[UInt8]> = []
            let epoch = view.table.epoch
            for range in spec.keys {
                CacheKey.begin(keyBuffer, tenant: tenant.number, table: view.table.number, epoch: epoch)
                guard unsafe ItemKey.appendCanonical(keyObject: range.slice(of: body), to: keyBuffer) else {
                    return nil
                }
                var key = unsafe BatchPlan.Key(range: range, canonical: Array(CacheKey.canonical(keyBuffer.bytes)))
                guard distinct.insert(key.canonical).inserted else { return nil }
                if view.cache.isEnabled, !spec.consistentRead, let stored = stored(for: tenant) {
                    unsafe trace?.read(
                        tenant,
                        view,
                        canonical: CacheKey.canonical(keyBuffer.bytes),
                        stored: stored.count
                    )
                    held += stored.count
                    key.found = held > BatchPlan.maxReplyBytes && held > stored.count ? .postponed : .stored(stored)
                }
                part.keys.append(key)
            }
            plan.tables.append(part)
        }
        return plan
    }

    /// A copy of what is stored under the key in `keyBuffer`.
    private func stored(for tenant: Tenant) -> [UInt8]? {
        let key = unsafe keyBuffer.bytes
        let store = tenant.store
        let found = unsafe store.read(key, hash: store.hash(key), now: reactor.now) { unsafe Array($0.value) }
        if case .hit(let value) = found { return value }
        return nil
    }

    private func fetch(_ plan: BatchPlan, _ held: HeldRequest) {
        let fills = plan.tables.map { leases(for: $0) }
        var isUpgraded: [Bool] = []
        let parts = zip(plan.tables, fills).map { part, fill in
            isUpgraded.append(!part.spec.consistentRead && fill?.needsConsistentRead == true)
            return RequestWriter.BatchGetPart(
                tableName: part.spec.name,
                keys: part.missing.map(\.range),
                consistentRead: part.spec.consistentRead || fill?.needsConsistentRead == true
            )
        }
        if isUpgraded.contains(true) { held.use?.isConsistent = true }
        var body: [UInt8] = []
        unsafe held.body.withUnsafeBytes { source in
            unsafe RequestWriter.appendBatchGetItem(
                parts,
                of: source,
                returnConsumedCapacity: plan.request.returnConsumedCapacity,
                to: &body
            )
        }
        send(held, body: body, isRead: true) { [unowned self, isUpgraded] result in
            guard case .success(let upstream) = result, upstream.status == 200,
                let parsed = unsafe upstream.body.withUnsafeBytes({ unsafe BatchGetItemReply.parse($0) })
            else {
                return answer(result, held, status: plan.status, isRead: true)
            }
            for (part, fill) in zip(plan.tables, fills) {
                if let fill { keep(part, fill, upstream.body, parsed, held) }
            }
            answer(plan, held, (upstream.body, parsed), isUpgraded: isUpgraded)
        }
    }

    private func leases(for part: BatchPlan.TablePart) -> BatchFill? {
        let table = part.view.table
        // The epoch before the description: whatever changes the description after this raises the epoch too.
        let epoch = table.epoch
        guard part.view.cache.isEnabled, case .known(let metadata) = part.view.metadata(now: reactor.now),
            metadata.schema != nil
        else { return nil }
        var fill = BatchFill(metadata: metadata, epoch: epoch)
        for key in part.missing {
            let stripe = unsafe key.canonical.withUnsafeBytes { canonical in
                unsafe CacheKey.stripe(table: table.number, canonical: canonical)
            }
            let lease = FillLease.take(
                table: table,
                epoch: fill.epoch,
                stripe: stripe,
                stripes: shared.stripes,
                now: reactor.now,
                settling: shared.configuration.coherence.consistentReadAfterWrite
            )
            if case .success(let granted) = lease { fill.leases[key.canonical] = granted }
        }
        return fill
    }

    /// Installs what came back for one table: its items, and the absence of the keys that neither came back nor were
    /// left unprocessed.
    private func keep(
        _ part: BatchPlan.TablePart,
        _ fill: BatchFill,
        _ body: [UInt8],
        _ reply: BatchGetItemReply,
        _ held: HeldRequest
    ) {
        guard let schema = fill.metadata.schema else { return }
        var leases = fill.leases
        let asked = Set(part.missing.map(\.canonical))
        unsafe body.withUnsafeBytes { body in
            let name = unsafe held.body.withUnsafeBytes { unsafe Array(part.spec.name.slice(of: $0)) }
            func isOurs(_ range: ByteRange) -> Bool {
                unsafe range.slice(of: body).elementsEqual(name)
            }
            for unprocessed in reply.unprocessed where isOurs(unprocessed.table) {
                for range in unprocessed.keys {
                    keyBuffer.removeAll()
                    guard unsafe ItemKey.appendCanonical(keyObject: range.slice(of: body), to: keyBuffer) else {
                        // Which key was left out can't be told: nothing is known to be absent.
                        leases.removeAll()
                        return
                    }
                    leases[unsafe Array(keyBuffer.bytes)] = nil
                }
            }
            for response in reply.responses where isOurs(response.table) {
                for range in response.items {
                    let item = unsafe range.slice(of: body)
                    keyBuffer.removeAll()
                    guard unsafe ItemKey.appendCanonical(item: item, schema: schema, to: keyBuffer) else {
                        leases.removeAll()
                        return
                    }
                    let canonical = unsafe Array(keyBuffer.bytes)
                    guard asked.contains(canonical) else {
                        // An item nobody asked for: the schema must be another by now, and nothing is known to be absent.
                        leases.removeAll()
                        return
                    }
                    if let lease = leases.removeValue(forKey: canonical) {
                        unsafe install(item, canonical, lease, part, fill, held)
                    }
                }
            }
            for (canonical, lease) in leases {
                unsafe install(nil, canonical, lease, part, fill, held)
            }
        }
    }

    private func install(
        _ item: UnsafeRawBufferPointer?,
        _ canonical: [UInt8],
        _ lease: FillLease,
        _ part: BatchPlan.TablePart,
        _ batch: BatchFill,
        _ held: HeldRequest
    ) {
        CacheKey.begin(
            lookupBuffer,
            tenant: held.tenant.number,
            table: part.view.table.number,
            epoch: batch.epoch
        )
        unsafe canonical.withUnsafeBytes { unsafe lookupBuffer.append($0) }
        let cacheKey = unsafe Array(lookupBuffer.bytes)
        if !part.spec.consistentRead {
            unsafe trace?.read(held.tenant, part.view, canonical: canonical, item: item.map(\.count))
        }
        _ = unsafe filler.fill(item, lease, part.view, batch.metadata, held.tenant, cacheKey: cacheKey)
    }
}
