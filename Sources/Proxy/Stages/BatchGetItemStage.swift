import Cache
import DynamoDB
import Transport
import Upstream

/// What one table's part of a BatchGetItem needs when its missing keys come back.
private struct BatchFill {
    let metadata: TableMetadata
    let epoch: UInt64
    /// The canonical keys that were missing.
    var asked: Set<[UInt8]> = []
    /// By canonical key; keys that may not be filled are not in it.
    var leases: [[UInt8]: FillLease] = [:]

    var needsConsistentRead: Bool { leases.values.contains(where: \.needsConsistentRead) }
}

extension Worker {
    /// Answers what memory has, reads the rest upstream, and keeps what it read.
    func batchGetItem(_ admitted: Admitted) throws(ErrorReply) {
        // Out of the worker while they are worked on: who else wants them makes its own.
        var (plan, found) = (BatchPlan(), BatchReplyBody())
        swap(&plan, &batchPlan)
        swap(&found, &batchReply)
        defer {
            plan.removeAll()
            found.removeAll()
            swap(&plan, &batchPlan)
            swap(&found, &batchReply)
        }
        do throws(RequestError) {
            unsafe try plan.request.read(admitted.body)
        } catch {
            throw ErrorReply(error)
        }
        try resolveTables(&plan, admitted)
        guard plan.request.isCacheable, plan.tables.count == plan.request.tables.count else {
            return forward(hold(plan, admitted), status: .notCacheable, isRead: true)
        }
        guard !owesBytes(admitted.tenant) else {
            let (waiting, held) = (plan, hold(plan, admitted))
            plan = BatchPlan()
            return admitCached(held) { [unowned self] in serve(waiting, held) }
        }
        guard unsafe lookUp(&plan, &found, admitted.body, admitted.tenant) else {
            return forward(hold(plan, admitted), status: .notCacheable, isRead: true)
        }
        if plan.isAnswered { return answerInPlace(plan, &found, admitted) }
        keep(&found, in: &plan)
        let (partial, held) = (plan, hold(plan, admitted))
        plan = BatchPlan()
        serveRest(partial, held)
    }

    /// Finds the tables that the request names, if the tenant may read them.
    ///
    /// Those that are named by ARN, or in another odd way, are left out.
    private func resolveTables(_ plan: inout BatchPlan, _ admitted: Admitted) throws(ErrorReply) {
        let policy = admitted.tenant.policy
        var index = 0
        while index < plan.request.tables.count {
            let spec = plan.request.tables[index]
            index += 1
            let raw = unsafe spec.name.slice(of: admitted.body)
            if spec.nameIsPlain, let view = unsafe view(of: raw, for: admitted.tenant) {
                plan.tables.append(BatchPlan.TablePart(spec: spec, view: view))
                continue
            }
            let name = unsafe TableReference(JSONText.decoded(raw))?.nameBytes
            guard policy.allowsEveryTable || name.map({ policy.allowsTable($0) }) == true else {
                throw .accessDenied(admitted.tenant, operation: "BatchGetItem", table: name)
            }
        }
    }

    private func hold(_ plan: BatchPlan, _ admitted: Admitted) -> HeldRequest {
        let held = hold(admitted, as: .batchGetItem)
        held.use?.items = max(1, plan.request.keyCount)
        return held
    }

    /// Serves a request that has waited.
    private func serve(_ waiting: BatchPlan, _ held: HeldRequest) {
        var (plan, found) = (waiting, BatchReplyBody())
        guard unsafe held.body.withUnsafeBytes({ unsafe lookUp(&plan, &found, $0, held.tenant) }) else {
            return forward(held, status: .notCacheable, isRead: true)
        }
        keep(&found, in: &plan)
        serveRest(plan, held)
    }

    /// Gives a plan what was found, and a copy of the keys, which the worker's next batch overwrites.
    private func keep(_ found: inout BatchReplyBody, in plan: inout BatchPlan) {
        plan.cacheKeys = unsafe Array(batchKeys.bytes)
        plan.values = found.takeBytes()
    }

    private func serveRest(_ plan: BatchPlan, _ held: HeldRequest) {
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
                for key in plan.keys[part.spec.keys] {
                    switch key.found {
                    case .stored(_, let count, _):
                        use.hits += 1
                        use.hitUnits += lane.costs.readUnits(ofJSON: count)
                    case .missing:
                        if part.isCacheable { use.misses += 1 }
                    case .postponed: use.items -= 1
                    }
                }
                if part.isCacheable { use.isCacheable = true } else { use.isConsistent = part.spec.consistentRead }
            }
        }
    }

    private func fetch(_ plan: BatchPlan, _ held: HeldRequest) {
        let missing = plan.tables.map { plan.missing(of: $0) }
        let fills = zip(plan.tables, missing).map { part, missing in leases(for: part, missing, plan) }
        var isUpgraded: [Bool] = []
        var parts: [RequestWriter.BatchGetPart] = []
        for (index, part) in plan.tables.enumerated() {
            let needsConsistentRead = fills[index]?.needsConsistentRead == true
            isUpgraded.append(!part.spec.consistentRead && needsConsistentRead)
            parts.append(
                RequestWriter.BatchGetPart(
                    tableName: part.spec.name,
                    keys: missing[index].map(\.range),
                    consistentRead: part.spec.consistentRead || needsConsistentRead
                )
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

    private func leases(
        for part: BatchPlan.TablePart,
        _ missing: [BatchPlan.Key],
        _ plan: BatchPlan
    ) -> BatchFill? {
        let table = part.view.table
        // The epoch before the description: whatever changes the description after this raises the epoch too.
        let epoch = table.epoch
        guard part.view.cache.isEnabled, case .known(let metadata) = part.view.metadata(now: reactor.now),
            metadata.schema != nil
        else { return nil }
        var fill = BatchFill(metadata: metadata, epoch: epoch)
        for key in missing {
            let canonical = plan.canonical(key)
            let stripe = unsafe canonical.withUnsafeBytes { canonical in
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
            fill.asked.insert(canonical)
            if case .success(let granted) = lease { fill.leases[canonical] = granted }
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
                    guard fill.asked.contains(canonical) else {
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
        _ = unsafe fill(item, lease, part.view, batch.metadata, held.tenant, cacheKey: cacheKey)
    }
}
