internal import Synchronization

/// What the threads of a run know of a tenant together.
final class TenantState: Sendable {
    let plan: TenantPlan
    let trace: TraceKeys?
    /// How many keys exist: all below have been inserted.
    let keys: Atomic<Int>
    /// The next request of the trace.
    let position = Atomic(0)
    /// The next key to be inserted.
    private let next: Atomic<Int>
    /// Keys that have been inserted while one before them has not.
    private let early = Mutex<Set<Int>>([])

    init(_ plan: TenantPlan, trace: TraceKeys?) {
        self.plan = plan
        self.trace = trace
        keys = Atomic(trace?.keys ?? plan.keys)
        next = Atomic(trace?.keys ?? plan.keys)
    }

    /// A key to be inserted.
    func nextKey() -> Int {
        next.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    /// Tells that the insertion of a key is over, successful or not; from then on it may be asked for.
    func acknowledge(_ key: Int) {
        early.withLock { early in
            early.insert(key)
            while early.remove(keys.load(ordering: .relaxed)) != nil { keys.wrappingAdd(1, ordering: .relaxed) }
        }
    }
}
