/// A dictionary keyed by byte strings that is searched with raw bytes, without making a key object first.
///
/// Open addressing with linear probing; grows at three quarters full. Entries are never removed singly.
struct ByteMap<Value> {
    private struct Slot {
        let hash: Int
        let key: [UInt8]
        var value: Value
    }

    private var slots: [Slot?] = Array(repeating: nil, count: 16)
    private(set) var count = 0

    /// The value of a key, if any.
    ///
    /// No allocation.
    func find(_ key: UnsafeRawBufferPointer) -> Value? {
        let hash = unsafe Self.hash(key)
        var index = hash & (slots.count - 1)
        while let slot = slots[index] {
            if slot.hash == hash, unsafe Self.isEqual(slot.key, key) { return slot.value }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds or replaces.
    mutating func insert(_ key: [UInt8], _ value: Value) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let hash = unsafe key.withUnsafeBytes { unsafe Self.hash($0) }
        var index = hash & (slots.count - 1)
        while let slot = slots[index] {
            if slot.hash == hash, slot.key == key {
                slots[index]?.value = value
                return
            }
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = Slot(hash: hash, key: key, value: value)
        count += 1
    }

    /// Empties the map.
    mutating func removeAll() {
        slots = Array(repeating: nil, count: 16)
        count = 0
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: nil, count: old.count * 2)
        for case let slot? in old {
            var index = slot.hash & (slots.count - 1)
            while slots[index] != nil {
                index = (index + 1) & (slots.count - 1)
            }
            slots[index] = slot
        }
    }

    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        unsafe hasher.combine(bytes: key)
        return hasher.finalize()
    }

    private static func isEqual(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where unsafe left[index] != right[index] {
            return false
        }
        return true
    }
}
