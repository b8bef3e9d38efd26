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
        var held = 0
        var table = 0
        reply.begin()
        while table < plan.tables.count {
            let part = plan.tables[table]
            unsafe reply.beginTable(part.spec.name.slice(of: body))
            for index in part.spec.keys {
                if part.isCacheable {
                    plan.keys[index].found = find(plan.keys[index], part, tenant, &reply, held: &held)
                }
                switch plan.keys[index].found {
                case .stored: plan.storedCount += 1
                case .missing: plan.missingCount += 1
                case .postponed: break
                }
            }
            reply.endTable()
            table += 1
        }
        return true
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

    /// Looks a key up, and adds what is found to `reply` if there is room; `held` is the length of what was found so far.
    private func find(
        _ key: BatchPlan.Key,
        _ part: BatchPlan.TablePart,
        _ tenant: Tenant,
        _ reply: inout BatchReplyBody,
        held: inout Int
    ) -> BatchPlan.Found {
        let cacheKey = unsafe key.cacheKey.slice(of: batchKeys.bytes)
        let lookup = unsafe tenant.store.read(cacheKey, hash: key.hash, now: reactor.now) { entry in
            let count = unsafe entry.value.count
            held += count
            if held > BatchPlan.maxReplyBytes, held > count { return (BatchPlan.Found.postponed, count) }
            guard let item = unsafe StoredItem.item(in: entry.value) else {
                return (.stored(ByteRange(start: 0, end: 0), count: count, checksum: entry.mark), count)
            }
            let range = unsafe reply.add(item, checksum: entry.mark)
            return (.stored(range, count: count, checksum: entry.mark), count)
        }
        guard case .hit((let found, let stored)) = lookup else { return .missing }
        unsafe trace?.read(tenant, part.view, canonical: CacheKey.canonical(cacheKey), stored: stored)
        return found
    }

    /// Answers with what was found, before `handle` returns.
    func answerInPlace(_ plan: BatchPlan, _ found: inout BatchReplyBody, _ admitted: Admitted) {
        found.finish(capacity: unsafe capacity(plan, admitted.body))
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
