/// An estimator that another reference keeps alive, without counting this one.
@safe struct CurveObserver: Sendable {
    private let reference: Unmanaged<CurveEstimator>

    init(_ estimator: CurveEstimator) {
        unsafe reference = Unmanaged.passUnretained(estimator)
    }

    @inline(__always)
    func withEstimator<R>(_ body: (CurveEstimator) -> R) -> R {
        unsafe reference._withUnsafeGuaranteedRef { estimator in body(estimator) }
    }
}

// What feeds the estimator, on keys of its sample.
extension Store {
    /// The curve of what was asked for since the start, later windows weighing more if `decayCurve` was called; without
    /// sizes when the store was made without an estimator.
    public func curve() -> MissRatioCurve {
        estimator?.curve() ?? MissRatioCurve()
    }

    /// Multiplies what the curve is made of: with 0.5 at the end of each window, a window counts half in the next.
    public func decayCurve(_ factor: Double) {
        estimator?.decay(factor)
    }

    /// The estimator's state for a warm restart; nil without one.
    public func curveSnapshot(now: UInt64) -> [UInt8]? {
        estimator?.snapshot(now: now)
    }

    /// Takes a snapshot of a curve over; false, with nothing changed, when it is not one that fits.
    public func restoreCurve(_ bytes: [UInt8], now: UInt64) -> Bool {
        estimator?.restore(bytes, now: now) ?? false
    }

    /// `look`, with an estimator that is told of it.
    @inline(__always)
    func lookObserved(
        _ estimator: CurveEstimator,
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        now: UInt64,
        _ body: (Entry) -> Void
    ) -> Outcome {
        let isSampled = estimator.samples(hash)
        let stripe = shard(of: hash)
        var outcome = Outcome.miss
        var charged = 0
        var value = 0
        var expiry = UInt64.max
        shards.withShard(stripe) { shard in
            var mark: UInt32 = 0
            outcome = unsafe shard.read(key, hash: hash, now: now) { entry in
                unsafe value = entry.value.count
                mark = entry.mark
                expiry = entry.expiresAt
                body(entry)
            }
            if !isSampled {
                estimator.countUnsampled(stripe: stripe, isHit: outcome == .hit, payload: key.count + value)
            } else if outcome == .hit {
                charged = shard.charge(key: key.count, value: value, mark: mark, expiresAt: expiry)
            }
        }
        guard isSampled else { return outcome }
        estimator.read(
            hash: hash,
            isHit: outcome == .hit,
            charged: charged,
            payload: key.count + value,
            expiresAt: expiry,
            now: now
        )
        return outcome
    }

    /// Tells the estimator of an insert, of an entry that was stored or not.
    @inline(__always)
    func noteInsert(_ entry: NewEntry) {
        guard let estimator else { return }
        var charged = 0
        if estimator.samples(entry.hash) {
            charged = shards.withShard(shard(of: entry.hash)) { shard in
                unsafe shard.charge(
                    key: entry.key.count,
                    value: entry.value.count,
                    mark: entry.mark,
                    expiresAt: entry.expiresAt
                )
            }
        }
        estimator.insert(
            hash: entry.hash,
            charged: charged,
            payload: entry.payload,
            expiresAt: entry.expiresAt,
            group: entry.group,
            now: entry.now
        )
    }
}

// What the curve asks of a shard, under its lock.
extension Shard {
    /// Bytes that an entry would be charged.
    ///
    /// Inlined, since for a call all of the shard would be copied.
    @inline(__always)
    func charge(key: Int, value: Int, mark: UInt32, expiresAt: UInt64) -> Int {
        let record = Record(
            key: min(key, Record.maximumKey),
            value: min(value, Record.maximumValue),
            isLarge: Self.isLarge(key + value, segmentOrder: segmentOrder),
            mark: mark,
            expiresAt: expiresAt,
            group: 0
        )
        let accounting = accounting
        return Self.charge(record, accounting)
    }
}
