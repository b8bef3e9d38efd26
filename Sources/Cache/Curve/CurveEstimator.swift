internal import Synchronization

/// The estimate of one store's miss ratios at other sizes, by simulation of the policy that runs on a sample of its keys.
///
/// A store made with `curve: true` owns one and feeds it. It can also be fed without a store, as by a trace: `read` with
/// `isHit: false` and, when the item is known, `insert` right after. What is fed is
/// - each read, with whether the store had the item;
/// - each insert: the one that follows a read's miss brings the item's size, any other is a write;
/// - each removal and purge.
///
/// A read whose key is not in the sample costs a multiplication, a relaxed load and a relaxed addition, without a lock; no
/// call allocates, but for the one with which not all keys are sampled any more. It may be used from any number of threads. Lock order: the estimator's own lock comes last; a store
/// feeds it while it holds none of its own.
public final class CurveEstimator: Sendable {
    /// Requests that are not sampled, by stripes of the hash, as of shards; each on a cache line of its own.
    ///
    /// They only grow; what has been taken into the curve is remembered in `CurveState.taken`.
    struct Stripe: ~Copyable {
        let hits = CurveTally()
        let inserts = CurveTally()
        let misses = Atomic<UInt64>(0)
        let padding: UInt64 = 0
    }

    static let stripeCount = 64
    /// Keys looked at in one hold of the lock.
    private static let step = 1_024

    /// The policy that is simulated.
    public let policy: PolicyKind

    // What a hit of a sampled key touches is together.
    private let threshold: Atomic<UInt64>
    private let state: Mutex<CurveState>
    private let stripes: InlineArray<64, Stripe>
    private let census: CurveCensus

    /// Makes an estimator that has seen nothing.
    ///
    /// - Parameters:
    ///   - policy: the policy to simulate.
    ///   - accounting: what a budget counts.
    ///   - maximumKeys: up to so many keys all are looked at, and the curve is exact: from 64 to 8,191, with LRU to 2^20.
    ///   - sampleKeys: the most that are once there are more, at most `maximumKeys`; the more, the smaller the error and the
    ///     more time is taken.
    ///   - shards: the shards among which the store divides its budget.
    public convenience init(
        policy: PolicyKind,
        accounting: Accounting = .memory,
        maximumKeys: Int = 8_191,
        sampleKeys: Int = 8_191,
        shards: Int = 1
    ) {
        let model = CurveModel(policy: policy, accounting: accounting, shards: max(1, shards))
        self.init(CurveState(model: model, maximumKeys: maximumKeys, sampleKeys: sampleKeys), policy)
    }

    /// A store's.
    convenience init(_ policy: PolicyKind, _ accounting: Accounting, shards: Int, keys: Int?) {
        let sample = keys ?? (policy == .lru ? 8_191 : 5_120)
        self.init(
            policy: policy,
            accounting: accounting,
            maximumKeys: max(8_191, sample),
            sampleKeys: sample,
            shards: shards
        )
    }

    init(_ state: consuming sending CurveState, _ policy: PolicyKind) {
        self.policy = policy
        threshold = Atomic(state.threshold)
        stripes = InlineArray { _ in Stripe() }
        let census = CurveCensus()
        self.census = census
        var state = state
        state.census = census
        if state.hasOverflowed { census.begin() }
        self.state = Mutex(state)
    }

    /// Whether a key is in the sample now.
    @inline(__always)
    public func samples(_ hash: UInt64) -> Bool {
        Self.mix(hash) < threshold.load(ordering: .relaxed)
    }

    /// A read that found the item, or did not.
    ///
    /// - Parameters:
    ///   - hash: the key's hash, as good as random.
    ///   - isHit: whether the store had a live entry.
    ///   - charged: bytes that the entry is charged; without meaning for a miss, as are the next two.
    ///   - payload: bytes of key and value.
    ///   - expiresAt: nanoseconds on the store's clock.
    ///   - now: nanoseconds on the same clock.
    @inline(__always)
    public func read(
        hash: UInt64,
        isHit: Bool,
        charged: Int = 0,
        payload: Int = 0,
        expiresAt: UInt64 = .max,
        now: UInt64
    ) {
        let mixed = Self.mix(hash)
        guard mixed < threshold.load(ordering: .relaxed) else {
            return countUnsampled(hash, isHit: isHit, payload: payload)
        }
        readSampled(mixed, isHit, charged, payload, expiresAt, now)
    }

    /// A read of a key for which `samples` is false.
    private func countUnsampled(_ hash: UInt64, isHit: Bool, payload: Int) {
        let stripe = Self.stripe(of: hash)
        if isHit {
            stripes[stripe].hits.add(bytes: payload)
        } else {
            stripes[stripe].misses.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The same, while the caller holds a lock that is the stripe's own: a store feeds each shard's stripe so.
    @inline(__always)
    func countUnsampled(stripe: Int, isHit: Bool, payload: Int) {
        if isHit {
            stripes[stripe].hits.addAlone(bytes: payload)
        } else {
            let misses = stripes[stripe].misses.load(ordering: .relaxed)
            stripes[stripe].misses.store(misses &+ 1, ordering: .relaxed)
        }
    }

    @inline(__always)
    private static func stripe(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> Store.shardShift) & (stripeCount - 1)
    }

    @inline(never)
    private func readSampled(
        _ mixed: UInt64,
        _ isHit: Bool,
        _ charged: Int,
        _ payload: Int,
        _ expiresAt: UInt64,
        _ now: UInt64
    ) {
        let expiry = CurveClock.unit(expiresAt)
        let time = CurveClock.unit(now)
        if isHit {
            let hit = CurveHit(
                mixed: mixed,
                charged: UInt32(clamping: charged),
                payload: UInt32(clamping: payload),
                expiry: expiry,
                time: time
            )
            // In one go: with the lock given up between, another hit would find no room.
            return state.withLock { state in
                if !state.note(hit) {
                    state.takeNoted()
                    settle(&state)
                }
            }
        }
        change { state in
            state.read(mixed, isHit: false, charged: charged, payload: payload, expiry: expiry, unit: time)
        }
    }

    /// An item that was to be stored, whether the store took it or not.
    ///
    /// - Parameters:
    ///   - hash: the key's hash.
    ///   - charged: bytes that an entry of it is charged.
    ///   - payload: bytes of key and value.
    ///   - expiresAt: nanoseconds on the store's clock, `UInt64.max` for never.
    ///   - group: what `removeGroup` removes together.
    ///   - now: nanoseconds on the same clock.
    public func insert(
        hash: UInt64,
        charged: Int,
        payload: Int,
        expiresAt: UInt64 = .max,
        group: UInt32 = 0,
        now: UInt64
    ) {
        let mixed = Self.mix(hash)
        let payload = max(0, payload)
        census.note(mixed, payload: payload)
        guard mixed < threshold.load(ordering: .relaxed) else {
            let stripe = Self.stripe(of: hash)
            stripes[stripe].inserts.add(bytes: payload)
            return
        }
        change { state in
            state.insert(mixed, charged: charged, payload: payload, expiresAt: expiresAt, group: group, now: now)
        }
    }

    /// A key's removal.
    public func remove(hash: UInt64) {
        let mixed = Self.mix(hash)
        guard mixed < threshold.load(ordering: .relaxed) else { return }
        change { state in state.remove(mixed) }
    }

    /// The removal of all entries of a group.
    public func removeGroup(_ group: UInt32) {
        changeInSteps { state, keys in state.removeGroup(group, among: keys) }
    }

    /// The removal of all entries.
    public func removeAll() {
        changeInSteps { state, keys in state.removeAll(among: keys) }
    }

    /// What a miss costs from now on.
    public func setCostWeights(_ weights: CostWeights) {
        change { state in state.setCostWeights(weights) }
    }

    /// The budget of the store that feeds it, which anchors the curve there and says what sizes are of interest: up to 16
    /// times it, once the sample is full; 0, as at the start, for none: all sizes.
    public func setBudget(_ bytes: Int) {
        change { state in state.setBudget(bytes) }
    }

    /// Multiplies what was counted, never what the simulated caches hold; with 0.5 each window counts half in the next.
    public func decay(_ factor: Double) {
        let factor = min(max(factor.isNaN ? 1 : factor, 0), 1)
        change { state in
            collect(&state)
            state.decay(factor)
        }
    }

    /// The curve of what was counted since the start, later windows weighing more if `decay` was called.
    public func curve() -> MissRatioCurve {
        let summary = withState { state in
            collect(&state)
            return state.summary()
        }
        return summary.curve()
    }

    /// Bytes of memory that the estimator's tables may take.
    public var memoryBytes: Int {
        withState { state in state.region.bytes + CurveCensus.memoryBytes }
    }

    /// Keys sampled now.
    public var sampledKeys: Int {
        withState { state in state.keyCount }
    }

    /// Calls `body` with a state that has taken everything in.
    @inline(__always)
    func withState<R: Sendable>(_ body: (inout sending CurveState) -> R) -> R {
        state.withLock { state in
            state.takeNoted()
            return body(&state)
        }
    }

    @inline(__always)
    private func change(_ body: (inout CurveState) -> Void) {
        withState { state in
            body(&state)
            settle(&state)
        }
    }

    /// What follows every change.
    @inline(__always)
    private func settle(_ state: inout CurveState) {
        if state.isDue { collect(&state) }
        threshold.store(state.threshold, ordering: .relaxed)
    }

    /// Calls `body` with some keys' numbers at a time until it has had all, each time under the lock anew.
    private func changeInSteps(_ body: (inout CurveState, Range<Int>) -> Void) {
        var first = 1
        var isLast = false
        while !isLast {
            change { state in
                let end = max(first, min(first + Self.step, state.highestKey + 1))
                body(&state, first..<end)
                isLast = end > state.highestKey
                first = end
            }
        }
    }

    /// Goes on from another state, which was made without holding the lock.
    func replace(with new: consuming sending CurveState) {
        let box = Mutex<CurveState?>(new)
        withState { state in
            collect(&state)
            guard var next = box.withLock({ next in next.take() }) else { return }
            next.taken = state.taken
            next.setBudget(state.budget)
            census.clear()
            next.census = census
            next.beginCensus()
            state = next
            threshold.store(state.threshold, ordering: .relaxed)
        }
    }

    /// Moves what the stripes have counted into the state.
    func collect(_ state: inout CurveState) {
        var sums = SIMD8<UInt64>.zero
        for stripe in 0..<Self.stripeCount {
            let hits = stripes[stripe].hits.value
            let inserts = stripes[stripe].inserts.value
            sums[0] &+= hits.count
            sums[1] &+= hits.bytes
            sums[2] &+= stripes[stripe].misses.load(ordering: .relaxed)
            sums[3] &+= inserts.count
            sums[4] &+= inserts.bytes
        }
        // What a stripe is just carrying comes with the next look.
        sums = pointwiseMax(sums, state.taken)
        let new = SIMD8<Double>(sums &- state.taken)
        state.taken = sums
        state.storeHits += new[0]
        state.storeHitBytes += new[1]
        state.storeMisses += new[2]
        // Not every insert follows a miss; what a miss brings is as large as any.
        if new[3] > 0 { state.storeMissBytes += new[4] * new[2] / new[3] }
        state.budgetReads += (new[0] + new[2]) * Double(state.budget)
        let census = census.estimate
        state.compare(keys: census.keys, bytes: census.bytes)
        if census.isFull {
            self.census.clear()
            state.beginCensus()
        }
    }

    @inline(__always)
    private static func mix(_ hash: UInt64) -> UInt64 {
        hash &* 0x9e37_79b9_7f4a_7c15
    }
}
