internal import Cache
internal import Glibc

/// How fast a store gives bytes back, and what those that read from it notice.
enum Shrink {
    private enum Phase: Int, CaseIterable {
        case quiet, reading, shrinking

        var name: String {
            switch self {
            case .quiet: "other thread idle"
            case .reading: "other thread reading"
            case .shrinking: "other thread shrinking"
            }
        }
    }

    static func measure(items count: Int, rounds: Int) {
        let items = Items()
        let streams = (1...2).map { seed in KeyStream.uniform(count, items: count, seed: seed) }
        let empty = residentBytes()
        let pool = SegmentPool()
        let budget = count * 400
        let store = StorePeer(Store(budget: budget, pool: pool), items, count).store
        let held = store.usage.bytes
        report("shrink/kept free by the pool at most", "MB", [Double(pool.keep) / 1e6])
        var figures: [String: [Double]] = [:]

        /// Shrinks by half and notes what it cost.
        func shrink(_ name: String) {
            let before = store.usage.bytes
            let residentBefore = residentBytes() - empty
            let wall = Clock.wall()
            let cpu = Clock.cpu()
            store.setBudget(before / 2)
            let cpuTime = Clock.cpu() - cpu
            let wallTime = Clock.wall() - wall
            let given = Double(before - store.usage.bytes)
            figures["\(name)/per CPU second", default: []].append(given / Double(cpuTime))
            figures["\(name)/per second", default: []].append(given / Double(wallTime))
            figures["\(name)/resident before", default: []].append(Double(residentBefore) / 1e6)
            figures["\(name)/resident after", default: []].append(Double(residentBytes() - empty) / 1e6)
            figures["\(name)/held after", default: []].append(Double(store.usage.bytes) / 1e6)
        }

        func refill() {
            store.setBudget(budget)
            _ = StorePeer(store, items, count)
            precondition(store.usage.bytes >= held / 10 * 9)
        }

        for _ in 0..<rounds {
            shrink("shrink/alone")
            refill()
        }
        let own = CoreWait()
        let kinds = Phase.allCases.count
        let reader = LatencyReader(store, streams[0], phases: kinds * rounds, hitsOnly: true, other: own)
        let worker = reader.start()
        for round in 0..<rounds {
            reader.enter(round * kinds + Phase.quiet.rawValue)
            usleep(300_000)
            reader.enter(round * kinds + Phase.reading.rawValue)
            let start = Clock.wall()
            while Clock.wall() - start < 300_000_000 { read(store, streams[1]) }
            reader.enter(round * kinds + Phase.shrinking.rawValue)
            shrink("shrink/with a reader")
            reader.enter(LatencyReader.pause)
            refill()
        }
        reader.finish()
        worker.join()
        own.close()
        for (name, values) in figures.sorted(by: { one, other in one.key < other.key }) {
            report(name, name.hasSuffix("second") ? "GB/s" : "MB", values)
        }
        func phases(_ phase: Phase) -> [Int] {
            (0..<rounds).map { round in round * kinds + phase.rawValue }
        }
        for phase in Phase.allCases {
            reader.report("shrink/hits, \(phase.name)", phases: phases(phase))
        }
        for (label, share) in [("p99", 0.99), ("p99.9", 0.999)] {
            for base in [Phase.quiet, .reading] {
                let ratios = zip(phases(.shrinking), phases(base)).map { shrinking, base in
                    reader[shrinking].net.quantile(share) / reader[base].net.quantile(share)
                }
                report("shrink/hits/\(label), \(Phase.shrinking.name) to \(base.name)", "x", ratios)
            }
        }
    }

    /// Some reads.
    private static func read(_ store: Store, _ stream: KeyStream) {
        unsafe stream.withBytes { bytes in
            for index in 0..<10_000 {
                let key = unsafe KeyStream.key(index, bytes)
                let hash = unsafe store.hash(key)
                _ = unsafe store.read(key, hash: hash, now: 0) { entry in unsafe entry.value[0] }
            }
        }
    }
}
