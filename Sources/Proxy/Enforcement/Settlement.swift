import DynamoDB
import Transport
import Upstream

/// What requests have used is settled when it is known: units with the upstream's reply, bytes with the answer.
extension Worker {
    /// Counts an answer from memory; on the hit path, so without allocation.
    @inline(__always)
    func countHit(_ tenant: Tenant, stored: Int, reply body: Int) {
        let reply = WireBytes.reply(body)
        tenant.meter.lane(lane) { lane in
            lane.requests.add(1)
            lane.reads.add(1)
            lane.hits.add(1)
            lane.readUnitsIfMissed.add(lane.costs.readUnits(ofJSON: stored))
            lane.egressIfMissed.add(reply + WireBytes.reply(stored) + WireBytes.request(WireBytes.keyRequest))
            lane.egressIfHit.add(reply)
            lane.egressUsed.add(reply)
        }
        if tenant.limits.egress.isLimited { tenant.limits.egress.charge(reply, now: reactor.now) }
    }

    /// Counts a batch answered from memory; without allocation as well.
    func countHits(_ tenant: Tenant, _ plan: BatchPlan, request: Int, reply body: Int) {
        let reply = WireBytes.reply(body)
        tenant.meter.lane(lane) { lane in
            var units = 0.0
            var index = 0
            while index < plan.keys.count {
                if case .stored(_, let count, _) = plan.keys[index].found {
                    units += lane.costs.readUnits(ofJSON: count)
                }
                index += 1
            }
            lane.requests.add(1)
            lane.reads.add(UInt64(plan.keys.count))
            lane.hits.add(UInt64(plan.keys.count))
            lane.readUnitsIfMissed.add(units)
            lane.egressIfMissed.add(reply + reply + WireBytes.request(request))
            lane.egressIfHit.add(reply)
            lane.egressUsed.add(reply)
        }
        if tenant.limits.egress.isLimited { tenant.limits.egress.charge(reply, now: reactor.now) }
    }

    /// Whether the upstream is to be asked what a request costs, if the client does not ask.
    func mustKnowCapacity(_ use: RequestUse, of tenant: Tenant) -> Bool {
        let limits = tenant.limits
        return use.operation.reportsCapacity && (use.isWrite ? limits.writes.isLimited : limits.reads.isLimited)
    }

    /// Settles what a request has used upstream.
    func settle(_ use: RequestUse, of request: HeldRequest, sent: Int, _ examined: ExaminedReply) {
        switch examined.result {
        case .success:
            use.upstreamBytes += WireBytes.request(sent) + WireBytes.reply(examined.receivedCount)
        case .failure(let failure):
            if failure.mayHaveBeenSent { use.upstreamBytes += WireBytes.request(sent) }
        }
        let limits = request.tenant.limits
        let now = reactor.now
        request.tenant.meter.lane(lane) { lane in
            use.units = Self.units(use, request, examined, lane.costs)
            if case .success(let reply) = examined.result, reply.status == 200 {
                lane.costs.learn(use.units, of: use.operation, items: use.itemsUpstream)
            }
        }
        settle(use, limits, now: now)
        limits.egress.charge(use.upstreamBytes, now: now)
        wakeWaiting(request.tenant)
    }

    /// Gives back what was charged to a request that needed nothing of its own.
    func refund(_ request: HeldRequest) {
        guard let use = request.use else { return }
        settle(use, request.tenant.limits, now: reactor.now)
        wakeWaiting(request.tenant)
    }

    private func settle(_ use: RequestUse, _ limits: TenantLimits, now: UInt64) {
        let difference = use.units - (use.charged ?? 0)
        use.charged = use.units
        if use.isWrite {
            limits.writes.charge(difference, now: now)
        } else {
            limits.reads.charge(difference, now: now)
        }
    }

    /// Notes for a request answered from another's read what its own would have cost.
    ///
    /// It counts as a miss that cost nothing.
    func countCoalesced(_ fetched: FetchResult, _ request: HeldRequest) {
        guard let use = request.use, case .item(_, let item, _) = fetched else { return }
        use.isCoalesced = true
        let bytes = item.map { $0.end - $0.start } ?? 1
        use.hitUnits = request.tenant.meter.lane(lane) { $0.costs.readUnits(ofJSON: max(1, bytes)) }
    }

    /// Counts a request that has been answered with a body of `body` bytes.
    func countAnswer(_ request: HeldRequest, body: Int) {
        guard let use = request.use else { return }
        let reply = WireBytes.reply(body)
        request.tenant.meter.lane(lane) { lane in
            lane.requests.add(1)
            var upstreamIfMissed = use.upstreamBytes
            var cachePart = 0.0
            if use.isWrite {
                lane.writeUnitsUsed.add(use.units)
            } else {
                if use.operation == .getItem || use.operation == .batchGetItem {
                    let cacheable = use.hits + use.misses
                    lane.reads.add(UInt64(clamping: max(use.items, cacheable)))
                    lane.hits.add(UInt64(clamping: use.hits))
                    lane.misses.add(UInt64(clamping: use.misses))
                    cachePart = use.isCacheable ? Double(cacheable) / Double(max(use.items, 1)) : 0
                }
                lane.readUnitsIfMissed.add(use.units + use.hitUnits)
                if !use.isCacheable { lane.readUnitsUncacheable.add(use.units) }
                lane.readUnitsUsed.add(use.units)
                if use.hits > 0 || use.isCoalesced {
                    // Of a batch the request went upstream in part only.
                    upstreamIfMissed = max(
                        upstreamIfMissed,
                        WireBytes.request(request.body.count) + WireBytes.reply(body)
                    )
                }
            }
            lane.egressIfMissed.add(reply + upstreamIfMissed)
            lane.egressIfHit.add(reply + upstreamIfMissed * (1 - cachePart))
            lane.egressUsed.add(reply + use.upstreamBytes)
        }
        request.tenant.limits.egress.charge(reply, now: reactor.now)
    }

    // MARK: - True costs

    /// What a request has used: as the upstream reports it, else by arithmetic where the items are at hand, else about.
    private static func units(
        _ use: RequestUse,
        _ request: HeldRequest,
        _ examined: ExaminedReply,
        _ costs: borrowing CostModel
    ) -> Double {
        // Nothing was known when it was charged as one without a limit.
        let estimate = costs.estimate(use.operation, items: use.itemsUpstream, body: request.body.count)
        let report = examined.report
        switch examined.result {
        case .failure(let failure):
            return failure.mayHaveBeenSent ? estimate : 0
        case .success(let reply) where reply.status == 200:
            if use.operation == .getItem || use.operation == .batchGetItem {
                let computed =
                    use.operation == .getItem
                    ? read(examined.getItem, use, costs) : read(examined, use, costs)
                return report?.units ?? computed ?? estimate
            }
            if let report {
                if use.isWrite { return report.writeUnits ?? max(0, report.units - (report.readUnits ?? 0)) }
                return report.readUnits ?? report.units
            }
            return use.isWrite ? estimate : max(0.5, costs.readUnits(ofJSON: reply.body.count))
        case .success(let reply):
            if reply.status >= 500 { return reply.status == 503 ? 0 : estimate }
            // What was refused after the item had been looked at has its price.
            switch reply.errorName {
            case "ConditionalCheckFailedException", "TransactionCanceledException": return estimate
            default: return 0
            }
        }
    }

    /// The units of a GetItem's reply, from which the tenant's sizes are learnt as well.
    private static func read(_ reply: GetItemReply?, _ use: RequestUse, _ costs: borrowing CostModel) -> Double? {
        guard let reply else { return nil }
        let consistency = use.isConsistent ? CapacityUnits.ReadConsistency.strong : .eventual
        guard let item = reply.item else { return CapacityUnits.read(0, consistency) }
        guard let size = reply.itemBytes else { return nil }
        costs.learn(itemBytes: size, jsonBytes: item.count)
        return CapacityUnits.read(size, consistency)
    }

    /// The units of the items in a BatchGetItem's reply, from which the tenant's sizes are learnt as well.
    private static func read(
        _ examined: ExaminedReply,
        _ use: RequestUse,
        _ costs: borrowing CostModel
    ) -> Double? {
        var units = 0.0
        for item in examined.items {
            costs.learn(itemBytes: item.bytes, jsonBytes: item.json)
            units += CapacityUnits.read(item.bytes, use.isConsistent ? .strong : .eventual)
        }
        guard examined.areItemsKnown else { return nil }
        let absent = max(0, use.itemsUpstream - examined.items.count)
        return units + Double(absent) * CapacityUnits.read(0, use.isConsistent ? .strong : .eventual)
    }
}
