internal import Cache

/// What the estimate of miss ratios at other sizes adds to a request.
enum Curves {
    private struct Workload {
        let name: String
        /// Different keys; those of the requests are distributed as Zipf's with this exponent, 0 for uniform.
        let items: Int
        let exponent: Double
        /// The budget in bytes for each of the keys.
        let budget: Int
    }

    private static let workloads = [
        Workload(name: "1 M items, hits", items: 1_000_000, exponent: 0, budget: 400),
        Workload(name: "1 M items, cache of a tenth", items: 1_000_000, exponent: 0.99, budget: 27),
        // All keys are sampled.
        Workload(name: "8,000 items, hits", items: 8_000, exponent: 0.99, budget: 400),
    ]

    static func measure(requests: Int, rounds: Int) {
        for workload in workloads {
            let items = Items()
            let numbers = (0..<requests).map { index in
                Int(Items.mix(UInt64(index)) % UInt64(workload.items))
            }
            let stream =
                workload.exponent == 0
                ? KeyStream(requests) { index in numbers[index] }
                : KeyStream.zipf(requests, items: workload.items, exponent: workload.exponent, seed: 1)
            let stores = [false, true].map { curve in
                Store(budget: workload.items * workload.budget, pool: SegmentPool(), curve: curve)
            }
            for store in stores { _ = StorePeer(store, items, workload.items) }
            let value = [UInt8](repeating: 7, count: 218)
            var times: [[Double]] = [[], []]
            var misses = [0, 0]
            for round in 0...rounds {
                // Which is first changes, so that neither finds a warmer machine.
                for turn in 0..<2 {
                    let index = (round + turn) & 1
                    let store = stores[index]
                    let start = Clock.cpu()
                    misses[index] = run(store, stream, value)
                    if round > 0 { times[index].append(Double(Clock.cpu() - start) / Double(requests)) }
                }
            }
            let name = "curve/\(workload.name)"
            report("\(name)/a request without", "ns", times[0])
            report("\(name)/a request with", "ns", times[1])
            report("\(name)/added", "ns", zip(times[0], times[1]).map { without, with in with - without })
            report("\(name)/misses", "%", misses.map { misses in 100 * Double(misses) / Double(requests) })
            guard let estimator = stores[1].estimator else { continue }
            report("\(name)/sampled keys", "", [Double(estimator.sampledKeys)])
            report("\(name)/memory", "KiB", [Double(estimator.memoryBytes) / 1_024])
            let asked = (0..<rounds).map { _ in
                let start = Clock.cpu()
                let curve = stores[1].curve()
                precondition(!curve.sizes.isEmpty, "no curve")
                return Double(Clock.cpu() - start) / 1e3
            }
            report("\(name)/asking for the curve", "us", asked)
        }
    }

    /// Reads, and inserts what was missed; the misses.
    private static func run(_ store: Store, _ stream: KeyStream, _ value: [UInt8]) -> Int {
        var misses = 0
        unsafe value.withUnsafeBytes { value in
            unsafe stream.visit { key in
                let hash = unsafe store.hash(key)
                let found = unsafe store.read(key, hash: hash, now: 0) { entry in unsafe entry.value[0] }
                if case .hit = found { return }
                misses += 1
                unsafe store.insert(key, hash: hash, value: value, mark: 0, expiresAt: .max, now: 0)
            }
        }
        return misses
    }
}
