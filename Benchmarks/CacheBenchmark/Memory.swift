internal import Cache
internal import Glibc

/// Bytes per item beyond key and value, in a process that does nothing else.
enum Memory {
    /// What is kept with each item.
    struct Extras {
        var mark: UInt32 = 0
        var expiresAt = UInt64.max
    }

    /// A store with room for everything.
    static func roomy(items count: Int, _ extras: Extras) {
        measure("memory/\(count) items/engine", Store(budget: count * 1_000), inserts: count, extras)
    }

    /// A full store that has evicted most of what came.
    static func full(megabytes: Int, policy: PolicyKind, _ extras: Extras) {
        measure(
            "memory/full, \(megabytes) MB/engine, \(policy.rawValue)",
            Store(budget: megabytes * 1_000_000, policy: policy),
            inserts: megabytes * 12_000,
            extras
        )
    }

    private static func measure(_ name: String, _ store: Store, inserts: Int, _ extras: Extras) {
        let name = extras.mark == 0 ? name : "\(name), expiry and mark"
        let items = Items()
        // What the first use of the code brings into memory is not the items'.
        fill(Store(budget: 1 << 20, pool: SegmentPool()), items, 10_000, extras)
        let before = residentBytes()
        fill(store, items, inserts, extras)
        let resident = residentBytes() - before
        let usage = store.usage
        let count = Double(usage.items)
        report("\(name)/overhead, own account", "B/item", [Double(usage.bytes - usage.payload) / count])
        report("\(name)/overhead, resident", "B/item", [Double(resident - usage.payload) / count])
        if usage.evictions > 0 {
            report("\(name)/overhead, of the budget", "B/item", [Double(store.budget - usage.payload) / count])
        }
        report("\(name)/mean key and value", "B", [Double(usage.payload) / count])
        report("\(name)/items", "", [count])
    }

    private static func fill(_ store: Store, _ items: Items, _ count: Int, _ extras: Extras) {
        for number in 0..<count {
            unsafe items.with(number) { key, value in
                let hash = unsafe store.hash(key)
                unsafe store.insert(
                    key,
                    hash: hash,
                    value: value,
                    mark: extras.mark,
                    expiresAt: extras.expiresAt,
                    now: 0
                )
            }
        }
    }
}
