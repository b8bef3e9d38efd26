internal import Cache
internal import Glibc
internal import Synchronization

/// A thread that reads without pause and records how long each read takes, while another thread does what may delay it.
///
/// Durations are of the wall clock, from the end of one read to the end of the next, so that nothing falls between two.
/// On a shared machine the long ones are mostly waits for a core; the kernel's count of those, for this thread and the
/// other, is taken off in `net`.
final class LatencyReader: Sendable {
    struct Latencies: Sendable {
        var wall = Histogram()
        var net = Histogram()
        /// Nanoseconds that the phase lasted, and that either thread waited for a core in it.
        var time = 0
        var withoutCore = 0
    }

    /// Phases in which nothing is read, or the reading ends.
    static let pause = -1
    private static let end = -2
    /// Durations from which waits for a core are looked up, and how often they are in any case.
    private static let suspicious = 10_000
    private static let refresh = 100_000

    private let store: Store
    private let stream: KeyStream
    private let hitsOnly: Bool
    private let phase = Atomic<Int>(LatencyReader.pause)
    private let results: Mutex<[Latencies]>
    private let other: CoreWait

    /// Reads the keys of a stream, again and again.
    ///
    /// With `hitsOnly` it records no misses; `other` are the waits of the thread that delays it.
    init(_ store: Store, _ stream: KeyStream, phases: Int, hitsOnly: Bool, other: CoreWait) {
        self.store = store
        self.stream = stream
        self.hitsOnly = hitsOnly
        self.other = other
        results = Mutex([Latencies](repeating: Latencies(), count: phases))
    }

    func start() -> Worker {
        Worker { [self] in
            let latencies = unsafe stream.withBytes { bytes in unsafe read(bytes) }
            results.withLock { results in results = latencies }
        }
    }

    /// Records into the latencies of this number from now on.
    func enter(_ number: Int) {
        phase.store(number, ordering: .releasing)
    }

    /// To be called once; the worker is to be joined before the results are read.
    func finish() {
        phase.store(Self.end, ordering: .releasing)
    }

    subscript(number: Int) -> Latencies {
        results.withLock { results in results[number] }
    }

    private func read(_ keys: UnsafeRawBufferPointer) -> [Latencies] {
        var latencies = results.withLock { results in results }
        let own = CoreWait()
        var waited = own.nanoseconds() + other.nanoseconds()
        var last = Clock.wall()
        var refreshed = last
        var index = 0
        var current = Self.pause
        var entered = (time: last, waited: waited)
        while true {
            let number = phase.load(ordering: .acquiring)
            if number != current {
                let now = (time: Clock.wall(), waited: own.nanoseconds() + other.nanoseconds())
                if current >= 0 {
                    latencies[current].time += now.time - entered.time
                    latencies[current].withoutCore += now.waited - entered.waited
                }
                (current, entered) = (number, now)
                last = now.time
            }
            if number == Self.end { break }
            if number == Self.pause {
                // Out of the way of what prepares the next phase.
                usleep(100)
                last = Clock.wall()
                continue
            }
            if last - refreshed > Self.refresh {
                waited = own.nanoseconds() + other.nanoseconds()
                last = Clock.wall()
                refreshed = last
            }
            let key = unsafe KeyStream.key(index, keys)
            index = index + 1 < stream.count ? index + 1 : 0
            let hash = unsafe store.hash(key)
            let found = unsafe store.read(key, hash: hash, now: 1) { entry in unsafe entry.value[0] }
            var isHit = false
            if case .hit = found { isHit = true }
            let time = Clock.wall()
            let duration = time - last
            last = time
            guard number == phase.load(ordering: .acquiring) else { continue }
            guard isHit || !hitsOnly else { continue }
            latencies[number].wall.add(duration)
            var net = duration
            if duration > Self.suspicious {
                let now = own.nanoseconds() + other.nanoseconds()
                net = max(0, duration - (now - waited))
                waited = now
                last = Clock.wall()
            }
            latencies[number].net.add(net)
        }
        own.close()
        return latencies
    }
}

extension LatencyReader {
    /// The figures of some phases, the rounds of one thing.
    func report(_ name: String, phases: [Int]) {
        let rounds = phases.map { phase in self[phase] }.filter { round in round.net.total > 0 }
        for (label, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)] {
            CacheBenchmark.report("\(name)/\(label)", "ns", rounds.map { round in round.net.quantile(share) })
        }
        CacheBenchmark.report("\(name)/maximum", "us", rounds.map { round in Double(round.net.maximum) / 1e3 })
        CacheBenchmark.report(
            "\(name)/maximum, waits for a core included",
            "us",
            rounds.map { round in Double(round.wall.maximum) / 1e3 }
        )
        CacheBenchmark.report(
            "\(name)/time without a core",
            "%",
            rounds.map { round in 100 * Double(round.withoutCore) / Double(max(1, round.time)) }
        )
        CacheBenchmark.report("\(name)/reads", "", rounds.map { round in Double(round.wall.total) })
    }
}
