import Synchronization

/// Versions, writes in flight and dirty deadlines of keys, counted by stripe.
///
/// A stripe is shared by all keys whose hash falls on it, of every table and tenant: a false sharing costs an extra miss,
/// never a stale read. The protocol (docs/coherence.md):
///
/// - A write opens the stripe (`version + 1`, `inFlight + 1`), its entries are dropped, it is sent, its entries are
///   dropped again, and it closes the stripe (`version + 1`, `inFlight - 1`), with a dirty deadline when its outcome is
///   unknown.
/// - A fill takes a lease (refused while a write is in flight or the stripe is dirty) and installs under the stripe's
///   lock, only if the version still stands and nothing is in flight.
///
/// Lock order: a stripe's lock may be held while a cache shard's lock is taken, never the other way round.
final class KeyStripes: Sendable {
    private struct Stripe {
        var version = KeyStripes.firstVersion
        var inFlight: UInt32 = 0
        var dirtyUntil: UInt64 = 0
        var lastWrite: UInt64
    }

    private final class Shard: Sendable {
        let stripes: Mutex<[Stripe]>

        init(count: Int, lastWrite: UInt64) {
            stripes = Mutex(Array(repeating: Stripe(lastWrite: lastWrite), count: count))
        }
    }

    /// Why a fill may not begin.
    enum Refusal: Error {
        /// A write to the stripe is in flight.
        case writeInFlight
        /// A write with an unknown outcome may still land.
        case dirty
    }

    /// The version of a stripe that nothing has been written to since the start.
    static let firstVersion: UInt64 = 0

    private static let shardCount = 256
    private static let stripesPerShard = 256
    private let shards: [Shard]

    /// - Parameter now: The start of the process, monotonic nanoseconds. Every stripe counts as just written, because a
    ///   process that ran before this one may have written a moment ago.
    init(now: UInt64) {
        shards = (0..<Self.shardCount).map { _ in Shard(count: Self.stripesPerShard, lastWrite: now) }
    }

    /// The stripe of a key hash.
    static func index(ofHash hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash) & UInt32(shardCount * stripesPerShard - 1)
    }

    private func withStripe<Result>(_ index: UInt32, _ body: (inout Stripe) -> Result) -> Result {
        let shard = shards[Int(index) / Self.stripesPerShard]
        return shard.stripes.withLock { stripes in
            body(&stripes[Int(index) % Self.stripesPerShard])
        }
    }

    /// Begins a fill.
    ///
    /// - Returns: The version to present on `install` and the time of the stripe's last write.
    func lease(_ index: UInt32, now: UInt64) -> Swift.Result<(version: UInt64, lastWrite: UInt64), Refusal> {
        withStripe(index) { stripe in
            if stripe.inFlight > 0 { return .failure(.writeInFlight) }
            if now < stripe.dirtyUntil { return .failure(.dirty) }
            return .success((stripe.version, stripe.lastWrite))
        }
    }

    /// Runs `body` (the insertion) under the stripe's lock if the lease still stands.
    func install(_ index: UInt32, version: UInt64, _ body: () -> Void) -> Bool {
        withStripe(index) { stripe in
            guard stripe.version == version, stripe.inFlight == 0 else { return false }
            body()
            return true
        }
    }

    /// Begins a write.
    func open(_ index: UInt32) {
        withStripe(index) { stripe in
            stripe.version &+= 1
            stripe.inFlight += 1
        }
    }

    /// Ends a write that was opened.
    ///
    /// `dirtyFor` is how long no fill may begin, in nanoseconds, when the outcome is unknown; else 0.
    func close(_ index: UInt32, now: UInt64, dirtyFor: UInt64) {
        withStripe(index) { stripe in
            stripe.version &+= 1
            stripe.inFlight -= 1
            stripe.lastWrite = now
            if dirtyFor > 0 {
                stripe.dirtyUntil = max(stripe.dirtyUntil, now &+ dirtyFor)
            }
        }
    }
}
