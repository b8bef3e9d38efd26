import DynamoDB
import Transport

/// The requests of one tenant that wait on one reactor, and the timer that wakes them.
final class WaitingRoom {
    /// A request that waits.
    struct Request {
        let held: HeldRequest
        let proceed: () -> Void
    }

    /// Keeps the limits by whose identity the room is found.
    let tenant: Tenant
    var queue: TenantQueue<Request>
    var timer: Timer?

    init(tenant: Tenant, queue: TenantQueue<Request>) {
        self.tenant = tenant
        self.queue = queue
    }
}

/// Lets requests pass as their tenant's rates allow; those over them wait, and are refused in the end.
///
/// Tenants share nothing here: one at its limit has its own queue, timer and bounds.
extension Worker {
    /// Requests of one tenant released in one turn of the reactor, before others get theirs.
    private static let releasesPerTurn = 64

    /// What a request that has just arrived will take; it is let through already where there are no limits.
    func use(of operation: DataOperation, isWrite: Bool, by tenant: Tenant) -> RequestUse {
        let use = RequestUse(operation, isWrite: isWrite, arrival: reactor.now)
        let limits = tenant.limits
        if !limits.egress.isLimited, !(isWrite ? limits.writes.isLimited : limits.reads.isLimited) {
            use.charged = 0
        }
        return use
    }

    /// Calls `then` once the tenant's rates allow the request, at once if they do now.
    ///
    /// Its estimate is charged then. A request that has been let through, or costs nothing, passes.
    func admit(_ request: HeldRequest, then: @escaping () -> Void) {
        guard let use = request.use, use.charged == nil else { return then() }
        let cost = request.tenant.meter.lane(lane) { lane in
            lane.costs.estimate(use.operation, items: use.itemsUpstream, body: request.body.count)
        }
        enter(request, use, in: use.isWrite ? .writes : .reads, cost: cost) {
            use.charged = cost
            then()
        }
    }

    /// Whether a tenant must wait even for what memory has.
    @inline(__always)
    func owesBytes(_ tenant: Tenant) -> Bool {
        // The clock is asked only where it matters: this is on the hit path.
        tenant.limits.egress.isLimited && tenant.limits.egress.debt(now: reactor.now) > 0
    }

    /// Calls `then` once the tenant may have an answer from memory, at once if it may now.
    func admitCached(_ request: HeldRequest, then: @escaping () -> Void) {
        guard let use = request.use, owesBytes(request.tenant) else { return then() }
        enter(request, use, in: .cached, cost: 0, then: then)
    }

    /// Refuses all that wait: the proxy stops.
    func refuseWaiting() {
        for room in rooms.values {
            while let step = room.queue.refuseNext() { perform(step, room) }
            reschedule(room)
        }
    }

    /// Looks again whether those who wait may pass: what their tenant owes has become less.
    func wakeWaiting(_ tenant: Tenant) {
        guard !rooms.isEmpty, let room = rooms[ObjectIdentifier(tenant.limits)] else { return }
        reschedule(room)
    }

    private func enter(
        _ request: HeldRequest,
        _ use: RequestUse,
        in lane: TenantQueue<WaitingRoom.Request>.Lane,
        cost: Double,
        then: @escaping () -> Void
    ) {
        let tenant = request.tenant
        let identity = ObjectIdentifier(tenant.limits)
        let room = rooms[identity] ?? WaitingRoom(tenant: tenant, queue: newQueue(tenant))
        let arrival = room.queue.arrive(
            WaitingRoom.Request(held: request, proceed: then),
            in: lane,
            cost: cost,
            bytes: request.body.count,
            arrival: use.arrival,
            now: reactor.now
        )
        switch arrival {
        case .passes: then()
        case .isRefused: refuse(request)
        case .waits:
            tenant.meter.lane(self.lane) { $0.queued.add(1) }
            rooms[identity] = room
            if room.timer == nil { reschedule(room) }
        }
    }

    private func newQueue(_ tenant: Tenant) -> TenantQueue<WaitingRoom.Request> {
        let configuration = shared.configuration
        return TenantQueue(
            limits: tenant.limits,
            settings: registry.throttling,
            // A quarter of this reactor's part of all bodies held.
            byteLimit: configuration.limits.bufferedBytes / max(1, configuration.reactors) / 4
        )
    }

    private func release(_ room: WaitingRoom) {
        room.timer = nil
        var left = Self.releasesPerTurn
        while left > 0, let step = room.queue.next(now: reactor.now, isGone: { !$0.held.exchange.isOpen }) {
            perform(step, room)
            left -= 1
        }
        reschedule(room)
    }

    private func perform(_ step: TenantQueue<WaitingRoom.Request>.Step, _ room: WaitingRoom) {
        switch step {
        case .pass(let request, let arrival):
            noteWait(since: arrival, room.tenant)
            request.proceed()
        case .refuse(let request, let arrival):
            noteWait(since: arrival, room.tenant)
            refuse(request.held)
        }
    }

    private func noteWait(since arrival: UInt64, _ tenant: Tenant) {
        let now = reactor.now
        tenant.meter.lane(lane) { $0.waitNanoseconds.add(now > arrival ? now - arrival : 0) }
    }

    private func reschedule(_ room: WaitingRoom) {
        if let timer = room.timer { reactor.cancel(timer) }
        room.timer = nil
        guard let pause = room.queue.pause(now: reactor.now) else {
            // An answer given on the way may have let another in, which made a room anew.
            let identity = ObjectIdentifier(room.tenant.limits)
            if rooms[identity] === room { rooms[identity] = nil }
            return
        }
        room.timer = reactor.schedule(after: pause) { [unowned self, unowned room] in release(room) }
    }

    /// Refuses a request for its tenant's rates, as DynamoDB refuses one for its table's.
    private func refuse(_ request: HeldRequest) {
        request.tenant.meter.lane(lane) { lane in
            lane.throttled.add(1)
            guard let use = request.use, use.isWrite else { return }
            let cost = lane.costs.estimate(use.operation, items: use.itemsUpstream, body: request.body.count)
            lane.writeUnitsRefused.add(cost)
        }
        reply(
            .provisionedThroughputExceeded,
            cache: .throttled,
            to: request.exchange,
            contentType: request.contentType
        )
    }
}
