import Cache
import DynamoDB
import Transport

extension Worker {
    /// Looks the keys up; what is found goes into `reply`, which is the whole of it if nothing is missing.
    ///
    /// False for what the upstream must judge: a key asked for twice, a projection DynamoDB refuses.
    func lookUp(
        _ plan: inout BatchPlan,
        _ reply: inout BatchReplyBody,
        _ body: UnsafeRawBufferPointer,
        _ tenant: Tenant
    ) -> Bool {
        guard unsafe parseProjections(&plan, body), unsafe makeKeys(&plan, body, tenant) else { return false }
        let keys = unsafe batchKeys.bytes
        unsafe plan.find(in: tenant.store, keys, body, now: reactor.now, limit: Self.copiedBytes, &reply)
        if trace != nil, !plan.isLarge {
            plan.cacheKeys = unsafe Array(keys)
            note(plan, tenant)
        }
        return true
    }

    /// Records the lookups of a batch.
    func note(_ plan: BatchPlan, _ tenant: Tenant) {
        guard let trace else { return }
        for part in plan.tables {
            for key in plan.keys[part.spec.keys] {
                switch key.found {
                case .missing: break
                case .stored(_, let count, _), .postponed(let count):
                    let canonical = plan.canonical(key)
                    unsafe canonical.withUnsafeBytes { canonical in
                        unsafe trace.read(tenant, part.view, canonical: canonical, stored: count)
                    }
                }
            }
        }
    }

    private func parseProjections(_ plan: inout BatchPlan, _ body: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < plan.tables.count {
            let spec = plan.tables[index].spec
            guard
                let projected = unsafe Projected(
                    expression: spec.projectionExpression.map { unsafe $0.slice(of: body) },
                    names: spec.expressionAttributeNames.map { unsafe $0.slice(of: body) },
                    attributes: spec.attributesToGet.map { unsafe $0.slice(of: body) }
                )
            else { return false }
            plan.tables[index].projection = projected.value
            index += 1
        }
        return true
    }

    /// Makes the cache keys, one after the other in `batchKeys`; false when one is no key or comes twice.
    private func makeKeys(_ plan: inout BatchPlan, _ body: UnsafeRawBufferPointer, _ tenant: Tenant) -> Bool {
        let keys = batchKeys
        keys.removeAll()
        var distinct = DistinctKeys()
        var index = 0
        while index < plan.tables.count {
            let part = plan.tables[index]
            let (table, epoch) = (part.view.table.number, part.view.table.epoch)
            index += 1
            for number in part.spec.keys {
                let start = keys.count
                CacheKey.append(to: keys, tenant: tenant.number, table: table, epoch: epoch)
                let key = plan.request.keys[number]
                guard unsafe key.appendCanonical(of: body, to: keys) else { return false }
                let range = ByteRange(start: start, end: keys.count)
                let bytes = unsafe range.slice(of: keys.bytes)
                let hash = unsafe tenant.store.hash(bytes)
                let isNew = distinct.insert(number, hash: hash) { other in
                    guard plan.keys[other].hash == hash else { return false }
                    return unsafe plan.keys[other].cacheKey.slice(of: keys.bytes).elementsEqual(bytes)
                }
                guard isNew else { return false }
                plan.keys.append(BatchPlan.Key(range: key.range, cacheKey: range, hash: hash))
            }
        }
        return true
    }

    /// Answers with what was found, before `handle` returns.
    func answerInPlace(_ plan: BatchPlan, _ found: inout BatchReplyBody, _ admitted: Admitted) {
        found.finish(capacity: unsafe plan.capacity(admitted.body))
        unsafe found.withReply { bytes, checksum in
            unsafe reply(
                bytes,
                checksum: checksum,
                cache: .hit,
                contentType: ReplyContentType(of: admitted.http),
                to: admitted.exchange
            )
        }
        countHits(admitted.tenant, plan, request: unsafe admitted.body.count, reply: found.bytes.count)
        var index = 0
        while index < plan.tables.count {
            refreshIfOld(plan.tables[index].view, as: hold(admitted))
            index += 1
        }
    }
}
