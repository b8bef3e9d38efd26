internal import Cache
internal import Glibc
internal import Synchronization

/// A cache that hits are measured on.
protocol Peer: Sendable {
    func isHit(_ key: UnsafeRawBufferPointer) -> Bool
}

/// The engine.
struct StorePeer: Peer {
    let store: Store

    init(_ store: Store, _ items: Items, _ count: Int) {
        self.store = store
        for number in 0..<count {
            unsafe items.with(number) { key, value in
                let hash = unsafe store.hash(key)
                unsafe store.insert(key, hash: hash, value: value, mark: 0, expiresAt: .max, now: 0)
            }
        }
    }

    @inline(__always)
    func isHit(_ key: UnsafeRawBufferPointer) -> Bool {
        let hash = unsafe store.hash(key)
        // The value's first and last bytes are looked at.
        let found = unsafe store.read(key, hash: hash, now: 0) { entry in
            unsafe entry.value[0] ^ entry.value[entry.value.count - 1]
        }
        if case .hit = found { return true }
        return false
    }
}

/// What anybody would write first: a dictionary under a lock, without a budget, eviction or expiry.
struct DictionaryPeer: Peer {
    private final class Table: Sendable {
        let entries = Mutex<[[UInt8]: [UInt8]]>([:])
    }

    private let table = Table()

    init(_ items: Items, _ count: Int) {
        table.entries.withLock { entries in
            for number in 0..<count {
                unsafe items.with(number) { key, value in
                    unsafe entries[Array(key)] = unsafe Array(value)
                }
            }
        }
    }

    @inline(__always)
    func isHit(_ key: UnsafeRawBufferPointer) -> Bool {
        let key = unsafe Array(key)
        return table.entries.withLock { entries in
            guard let value = entries[key] else { return false }
            return (value[0] ^ value[value.count - 1]) | 1 != 0
        }
    }
}

/// The latency of memory: each load says where the next one is, in a random cycle through all lines of a range.
struct Chase {
    private let next: [UInt64]
    private static let lineWords = 8

    init(bytes: Int) {
        let lines = bytes / 64
        var order = (0..<lines).map { line in UInt32(line) }
        // One cycle through all (Sattolo 1986).
        for last in stride(from: lines - 1, to: 0, by: -1) {
            order.swapAt(last, Int(Items.mix(UInt64(last)) % UInt64(last)))
        }
        var next = [UInt64](repeating: 0, count: lines * Self.lineWords)
        for line in 0..<lines {
            next[line * Self.lineWords] = UInt64(order[line]) * UInt64(Self.lineWords)
        }
        self.next = next
    }

    /// Nanoseconds of CPU for a load.
    func nanoseconds(loads: Int) -> Double {
        unsafe next.withUnsafeBufferPointer { next in
            let start = Clock.cpu()
            var place = 0
            for _ in 0..<loads { place = unsafe Int(next[place]) }
            let time = Clock.cpu() - start
            precondition(place >= 0)
            return Double(time) / Double(loads)
        }
    }
}

/// The cost of a hit.
enum Hits {
    /// One run of threads, each with its stream.
    struct Run {
        var wall = 0.0
        var cpu = 0.0
        /// Hits a second.
        var throughput = 0.0
        /// The share of the time that a thread was waiting for a core.
        var coreWait = 0.0
    }

    static func measure(items count: Int, rounds: Int) {
        let items = Items()
        let pool = SegmentPool()
        let huge = SegmentPool(hugePages: true)
        let budget = count * 400
        let store = StorePeer(Store(budget: budget, pool: pool), items, count)
        let single = StorePeer(Store(budget: budget, pool: pool, shards: 1), items, count)
        let hugeStore = StorePeer(Store(budget: budget, pool: huge), items, count)
        let naive = DictionaryPeer(items, count)
        let held = store.store.usage.bytes
        report("hits/memory held by the engine", "MB", [Double(held) / 1e6])
        let chase = Chase(bytes: held)
        var loads: [Double] = []
        for distribution in ["uniform", "Zipf 0.99"] {
            let streams = (1...2).map { seed in
                distribution == "uniform"
                    ? KeyStream.uniform(count / 2, items: count, seed: seed)
                    : KeyStream.zipf(count / 2, items: count, exponent: 0.99, seed: seed)
            }
            var runs: [String: [Run]] = [:]
            for round in 0...rounds {
                func add(_ name: String, _ run: Run) {
                    if round > 0 { runs[name, default: []].append(run) }
                }
                add("engine/1 thread", run(store, streams.prefix(1)))
                if round > 0 { loads.append(chase.nanoseconds(loads: count / 2)) }
                add("engine/2 threads", run(store, streams.prefix(2)))
                add("engine, 1 shard/1 thread", run(single, streams.prefix(1)))
                add("engine, 1 shard/2 threads", run(single, streams.prefix(2)))
                add("engine, huge pages/1 thread", run(hugeStore, streams.prefix(1)))
                add("engine, huge pages/2 threads", run(hugeStore, streams.prefix(2)))
                add("dictionary/1 thread", run(naive, streams.prefix(1)))
                add("dictionary/2 threads", run(naive, streams.prefix(2)))
            }
            for (name, runs) in runs.sorted(by: { one, other in one.key < other.key }) {
                report("hits/\(distribution)/\(name)/CPU", "ns", runs.map(\.cpu))
                report("hits/\(distribution)/\(name)/wall", "ns", runs.map(\.wall))
            }
            for name in ["engine", "engine, 1 shard", "engine, huge pages", "dictionary"] {
                guard let one = runs["\(name)/1 thread"], let two = runs["\(name)/2 threads"] else { continue }
                let without = two.map { run in run.coreWait * 100 }
                report("hits/\(distribution)/\(name)/2 threads/time without a core", "%", without)
                let prefix = "hits/\(distribution)/\(name)/2 threads to 1"
                report("\(prefix), throughput", "x", zip(one, two).map { one, two in two.throughput / one.throughput })
                // What the ratio would be if no thread ever waited for a lock asleep or for a core.
                report("\(prefix), by CPU per hit", "x", zip(one, two).map { one, two in 2 * one.cpu / two.cpu })
            }
        }
        report("hits/yardstick: dependent random load in as much memory", "ns", loads)
    }

    static func run<P: Peer>(_ peer: P, _ streams: ArraySlice<KeyStream>) -> Run {
        let ready = Atomic<Int>(0)
        let cpu = Atomic<Int>(0)
        let waited = Atomic<Int>(0)
        let begin = Atomic<Int>(.max)
        let end = Atomic<Int>(0)
        let threads = streams.count
        @Sendable func work(_ stream: KeyStream) {
            let coreWait = CoreWait()
            ready.wrappingAdd(1, ordering: .acquiringAndReleasing)
            while ready.load(ordering: .acquiring) < threads {}
            let waitedBefore = coreWait.nanoseconds()
            let start = Clock.wall()
            let cpuStart = Clock.cpu()
            var hits = 0
            unsafe stream.visit { key in
                if unsafe peer.isHit(key) { hits += 1 }
            }
            let cpuEnd = Clock.cpu()
            end.max(Clock.wall(), ordering: .relaxed)
            begin.min(start, ordering: .relaxed)
            cpu.wrappingAdd(cpuEnd - cpuStart, ordering: .relaxed)
            waited.wrappingAdd(coreWait.nanoseconds() - waitedBefore, ordering: .relaxed)
            coreWait.close()
            precondition(hits == stream.count, "a miss where all should hit")
        }
        let others = streams.dropFirst().map { stream in Worker { work(stream) } }
        if let first = streams.first { work(first) }
        for other in others { other.join() }
        let wall = Double(end.load(ordering: .relaxed) - begin.load(ordering: .relaxed))
        let hits = Double(streams.reduce(0) { sum, stream in sum + stream.count })
        return Run(
            wall: wall * Double(threads) / hits,
            cpu: Double(cpu.load(ordering: .relaxed)) / hits,
            throughput: hits / wall * 1e9,
            coreWait: Double(waited.load(ordering: .relaxed)) / (wall * Double(threads))
        )
    }
}
