import Cache
import DynamoDB
import Transport
import Upstream

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
        var denial: Denial?
        do throws(RequestError) {
            if case .batchGetItem(let read)? = admitted.large?.reading {
                (plan.request, denial) = try (read.get().request, read.get().denial)
            } else {
                unsafe try plan.request.read(admitted.body)
            }
        } catch {
            throw ErrorReply(error)
        }
        if let denial {
            throw .accessDenied(admitted.tenant, operation: "BatchGetItem", table: denial.table)
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
        go(on: partial, held)
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
        go(on: plan, held)
    }

    /// Looks up beside the reactor what takes long to copy.
    private func go(on plan: BatchPlan, _ held: HeldRequest) {
        guard plan.isLarge else { return serveRest(plan, held) }
        let (store, body, now) = (held.tenant.store, held.body, reactor.now)
        // What is found counts as the connection's once it is being sent.
        side.run(for: held.tenant.party, bytes: body.count, cost: plan.likelyBytes) {
            var (plan, found) = (plan, BatchReplyBody())
            found.reserve(body.count + plan.likelyBytes)
            unsafe plan.cacheKeys.withUnsafeBytes { keys in
                unsafe body.withUnsafeBytes { body in
                    unsafe plan.find(in: store, keys, body, now: now, limit: .max, &found)
                }
            }
            plan.values = found.takeBytes()
            return plan
        } then: { [unowned self] plan in
            note(plan, held.tenant)
            serveRest(plan, held)
        }
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
            guard case .success(let upstream) = result, upstream.status == 200 else {
                return answer(result, held, status: plan.status, isRead: true)
            }
            let landing = BatchLanding(
                plan: plan,
                fills: fills,
                isUpgraded: isUpgraded,
                request: held.body,
                tenant: held.tenant,
                filler: filler
            )
            aside(upstream.body.count + plan.values.count, for: held.tenant) {
                landing.land(upstream.body)
            } then: { [unowned self] landed in
                discardLater(upstream.body)
                guard let landed else { return answer(result, held, status: plan.status, isRead: true) }
                if let trace {
                    for read in landed.installed where !plan.tables[read.table].spec.consistentRead {
                        trace.read(held.tenant, plan.tables[read.table].view, canonical: read.key, item: read.count)
                    }
                }
                answer(landed.answer, plan, held)
            }
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
}
