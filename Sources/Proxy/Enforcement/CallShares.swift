/// The calls of one upstream on one reactor: no more at once than it has connections, and the tenants take turns for
/// those.
///
/// Without it the calls of all tenants stand in one line for a connection, and a tenant that may send many at a time
/// makes the others wait behind all of them. It decides only; the worker performs.
struct CallShares<Call> {
    /// What becomes of a call that arrives.
    enum Arrival: Equatable, Sendable {
        case starts
        case waits
        case isRefused
    }

    private struct Entry {
        let call: Call
        let deadline: UInt64
    }

    private let limit: Int
    private let waitingLimit: Int
    private var underWay = 0
    private var waiting: [UInt32: FIFO<Entry>] = [:]
    /// The tenants that have calls waiting, the next one first.
    private var turns = FIFO<UInt32>()
    private(set) var waitingCount = 0

    /// Shares of `limit` calls at once; of `waitingLimit` that wait one tenant may have half.
    init(limit: Int, waitingLimit: Int) {
        self.limit = max(1, limit)
        self.waitingLimit = max(2, waitingLimit)
    }

    /// Takes a tenant's call: it may be sent now, or waits.
    mutating func arrive(_ call: Call, of tenant: UInt32, deadline: UInt64) -> Arrival {
        if underWay < limit, waitingCount == 0 {
            underWay += 1
            return .starts
        }
        let own = waiting[tenant]?.count ?? 0
        guard waitingCount < waitingLimit, own < waitingLimit / 2 else { return .isRefused }
        if own == 0 { turns.append(tenant) }
        waiting[tenant, default: FIFO()].append(Entry(call: call, deadline: deadline))
        waitingCount += 1
        return .waits
    }

    /// Notes that a call has ended.
    mutating func end() {
        underWay -= 1
    }

    /// The next call to be sent, or to be given up as it is late; nil when none can be.
    mutating func next(now: UInt64) -> (call: Call, isLate: Bool)? {
        guard underWay < limit, let entry = takeNext() else { return nil }
        let isLate = entry.deadline <= now
        if !isLate { underWay += 1 }
        return (entry.call, isLate)
    }

    /// Takes out one that waits, to be given up.
    mutating func giveUpNext() -> Call? {
        takeNext()?.call
    }

    private mutating func takeNext() -> Entry? {
        guard let tenant = turns.popFirst(), let entry = waiting[tenant]?.popFirst() else { return nil }
        waitingCount -= 1
        if waiting[tenant]?.isEmpty == false {
            turns.append(tenant)
        } else {
            waiting[tenant] = nil
        }
        return entry
    }
}
