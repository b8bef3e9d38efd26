internal import Trace

/// Byte stack distances of an LRU cache (Mattson et al., 1970), with a Fenwick tree over the order of last use.
///
/// A key's distance is the bytes of the distinct keys used since its last use, its own included: the least size at which
/// LRU would still have it. Memory is linear in the number of keys.
struct StackDistances {
    private struct Item {
        /// Its place in the order of last use.
        var place: Int
        var size: Int
        var expiresAt: UInt64
    }

    private var items: [UInt64: Item] = [:]
    private var tree: [Int]
    private var used = 0
    /// Bytes of all keys held, and the most there ever were.
    private(set) var held = 0
    private(set) var mostHeld = 0

    init(capacity: Int = 1 << 16) {
        tree = [Int](repeating: 0, count: capacity + 1)
    }

    /// Uses a key, which then has that size.
    ///
    /// - Returns: The distance; nil when the key is not there, or no longer at this time.
    mutating func use(_ key: UInt64, size: Int, now: UInt64, expiresAt: UInt64) -> Int? {
        var distance: Int?
        var expiresAt = expiresAt
        if let old = items[key] {
            if old.expiresAt > now {
                distance = held - sum(through: old.place) + old.size
                expiresAt = old.expiresAt
            }
            add(-old.size, at: old.place)
        }
        place(key, Item(place: 0, size: size, expiresAt: expiresAt))
        return distance
    }

    /// Puts a key first, new or changed.
    mutating func put(_ key: UInt64, size: Int, expiresAt: UInt64) {
        if let old = items[key] { add(-old.size, at: old.place) }
        place(key, Item(place: 0, size: size, expiresAt: expiresAt))
    }

    /// Forgets a key.
    mutating func remove(_ key: UInt64) {
        guard let old = items.removeValue(forKey: key) else { return }
        add(-old.size, at: old.place)
    }

    private mutating func place(_ key: UInt64, _ item: Item) {
        // Out of the way of the renumbering, which is of what is held.
        if used == tree.count - 1 {
            items[key] = nil
            renumber()
        }
        var item = item
        item.place = used
        used += 1
        items[key] = item
        add(item.size, at: item.place)
        mostHeld = max(mostHeld, held)
    }

    /// Closes the gaps in the order, with room for as many uses as there are keys.
    private mutating func renumber() {
        let order = items.sorted { $0.value.place < $1.value.place }
        let capacity = max(tree.count - 1, items.count * 2)
        tree = [Int](repeating: 0, count: capacity + 1)
        held = 0
        used = 0
        for (key, item) in order {
            items[key]?.place = used
            add(item.size, at: used)
            used += 1
        }
    }

    private mutating func add(_ bytes: Int, at place: Int) {
        held += bytes
        var index = place + 1
        while index < tree.count {
            tree[index] += bytes
            index += index & -index
        }
    }

    private func sum(through place: Int) -> Int {
        var total = 0
        var index = place + 1
        while index > 0 {
            total += tree[index]
            index -= index & -index
        }
        return total
    }
}
