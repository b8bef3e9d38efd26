internal import Cache
internal import Glibc

/// How long the calls that do much keep a reader waiting, in one shard full of tiny items: the most there can be to do.
enum Holds {
    private static let steady = ["nothing", "insert, evicting", "insert of 400 KB", "usage"]
    private static let emptying = [
        "maintain, a quarter expired", "removeGroup and maintain", "setBudget to half", "removeAll",
    ]
    private static let operations = steady + emptying
    private static let tiny = 16
    private static let large = 400_000

    /// The cache, and the calls of the thread that delays the reader.
    private struct Writer {
        let store: Store
        let count: Int
        let value = [UInt8](repeating: 7, count: Holds.large)
        /// CPU time of calls that are one hold of the lock.
        var calls = Histogram()
        var next = 0

        mutating func insert(
            _ number: Int,
            bytes: Int,
            expiresAt: UInt64 = .max,
            group: UInt32 = 0,
            timed isTimed: Bool = false
        ) {
            unsafe withUnsafeTemporaryAllocation(byteCount: Items.longestKey, alignment: 8) { buffer in
                let length = unsafe Items.writeKey(number, to: buffer)
                let key = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<length])
                let hash = unsafe store.hash(key)
                unsafe value.withUnsafeBytes { value in
                    let start = isTimed ? Clock.cpu() : 0
                    unsafe store.insert(
                        key,
                        hash: hash,
                        value: UnsafeRawBufferPointer(rebasing: value[..<bytes]),
                        mark: 0,
                        expiresAt: expiresAt,
                        group: group,
                        now: 0
                    )
                    if isTimed { calls.add(Clock.cpu() - start) }
                }
            }
        }

        /// Fills the store with tiny items, a quarter of them with an early expiry, in four groups.
        mutating func fill() {
            for number in 0..<count {
                insert(
                    number,
                    bytes: Holds.tiny,
                    expiresAt: number % 4 == 0 ? 1_000 << 24 : .max,
                    group: UInt32(number % 4)
                )
            }
        }

        mutating func maintain(now: UInt64) {
            var isUnderWay = true
            while isUnderWay {
                let start = Clock.cpu()
                isUnderWay = store.maintain(now: now)
                calls.add(Clock.cpu() - start)
            }
        }
    }

    static func measure(megabytes: Int, rounds: Int) {
        let budget = megabytes * 1_000_000
        let store = Store(budget: budget, pool: SegmentPool(), shards: 1)
        var writer = Writer(store: store, count: budget / 70)
        writer.fill()
        precondition(store.usage.evictions == 0)
        // The budget is what is held, so that the store is full.
        let full = store.usage.bytes
        store.setBudget(full)
        let own = CoreWait()
        let keys = KeyStream.uniform(1_000_000, items: writer.count, seed: 1)
        let kinds = operations.count
        let reader = LatencyReader(store, keys, phases: kinds * rounds, hitsOnly: false, other: own)
        let worker = reader.start()
        var calls = [[Histogram]](repeating: [], count: kinds)
        // What takes long each time shows in every round, what the machine did in between does not.
        for round in 0..<rounds {
            for (kind, operation) in operations.enumerated() {
                writer.calls = Histogram()
                writer.next = writer.count
                let isEmptying = emptying.contains(operation)
                var time = 0
                while time < 150_000_000 {
                    reader.enter(round * kinds + kind)
                    let begin = Clock.wall()
                    perform(operation, &writer, full: full)
                    time += Clock.wall() - begin
                    reader.enter(LatencyReader.pause)
                    // Refilling takes longer than what is measured: once is enough.
                    if isEmptying { break }
                }
                // What the operation has left is not to be the next one's burden.
                if isEmptying {
                    store.setBudget(full)
                    writer.fill()
                } else if operation.hasPrefix("insert") {
                    store.removeAll()
                    writer.fill()
                }
                calls[kind].append(writer.calls)
            }
        }
        reader.finish()
        worker.join()
        own.close()
        for (kind, operation) in operations.enumerated() {
            let calls = calls[kind].filter { calls in calls.total > 0 }
            if !calls.isEmpty {
                let name = "holds/\(operation)/one call, CPU"
                report("\(name), p99.99", "us", calls.map { calls in calls.quantile(0.9999) / 1e3 })
                report("\(name), maximum", "us", calls.map { calls in Double(calls.maximum) / 1e3 })
                report("holds/\(operation)/calls", "", calls.map { calls in Double(calls.total) })
            }
            reader.report("holds/\(operation)/reader", phases: (0..<rounds).map { round in round * kinds + kind })
        }
    }

    private static func perform(_ operation: String, _ writer: inout Writer, full: Int) {
        switch operation {
        case "nothing":
            usleep(100_000)
        case "insert, evicting":
            for _ in 0..<100_000 {
                // Every key comes again, so that the reader finds some.
                writer.insert(writer.next % (writer.count * 2), bytes: tiny, timed: true)
                writer.next += 1
            }
        case "insert of 400 KB":
            writer.insert(3 << 30 + writer.next, bytes: large, timed: true)
            writer.next += 1
            // Tiny items take the room again.
            for _ in 0..<2_000 {
                writer.insert(writer.next % (writer.count * 2), bytes: tiny)
                writer.next += 1
            }
        case "maintain, a quarter expired":
            writer.maintain(now: 2_000 << 24)
        case "removeGroup and maintain":
            let start = Clock.cpu()
            writer.store.removeGroup(1)
            writer.calls.add(Clock.cpu() - start)
            writer.maintain(now: 0)
        case "setBudget to half":
            writer.store.setBudget(full / 2)
        case "removeAll":
            writer.store.removeAll()
        default:
            for _ in 0..<10_000 {
                let start = Clock.cpu()
                _ = writer.store.usage
                writer.calls.add(Clock.cpu() - start)
            }
        }
    }
}
