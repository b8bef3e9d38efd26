internal import CMallocCounter
internal import Cache

/// The cost of an insertion that evicts.
enum Inserts {
    static func measure(megabytes: Int, inserts: Int, rounds: Int) {
        let stores = PolicyKind.allCases.map { policy in
            Store(budget: megabytes * 1_000_000, policy: policy, pool: SegmentPool())
        }
        var next = 0
        func insert(_ store: Store, _ keys: KeyStream, _ sizes: [Int], _ value: [UInt8]) {
            var index = 0
            unsafe value.withUnsafeBytes { value in
                unsafe keys.visit { key in
                    let hash = unsafe store.hash(key)
                    unsafe store.insert(
                        key,
                        hash: hash,
                        value: UnsafeRawBufferPointer(rebasing: value[..<sizes[index]]),
                        mark: 0,
                        expiresAt: .max,
                        now: 0
                    )
                    index += 1
                }
            }
        }
        let value = [UInt8](repeating: 7, count: Items.longestValue)
        var times: [[Double]] = stores.map { _ in [] }
        var allocations = stores.map { _ in UInt64(0) }
        // The stores are full, and have ghosts, after as much again as they hold.
        let warmUp = megabytes * 10_000 / inserts + 1
        for round in 0..<(warmUp + rounds) {
            let keys = KeyStream(inserts) { index in next + index }
            let sizes = (0..<inserts).map { index in Items.valueCount(next + index) }
            next += inserts
            for (index, store) in stores.enumerated() {
                let evictions = store.usage.evictions
                malloc_counter_start()
                let start = Clock.cpu()
                insert(store, keys, sizes, value)
                let time = Clock.cpu() - start
                let count = malloc_counter_stop()
                guard round >= warmUp else { continue }
                precondition(store.usage.evictions > evictions, "a store that is not full")
                times[index].append(Double(time) / Double(inserts))
                allocations[index] += count
            }
        }
        for (index, policy) in PolicyKind.allCases.enumerated() {
            report("inserts/\(policy.rawValue)/CPU with eviction", "ns", times[index])
            if malloc_counter_available() {
                let name = "inserts/\(policy.rawValue)/allocations in \(inserts * rounds)"
                report(name, "", [Double(allocations[index])])
            }
        }
    }
}
