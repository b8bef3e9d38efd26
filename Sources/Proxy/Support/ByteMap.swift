import Glibc

/// A dictionary keyed by byte strings that is searched with raw bytes, without making a key object first.
///
/// Open addressing with linear probing; grows at three quarters full. Entries are never removed singly.
struct ByteMap<Value> {
    /// By place: hash (0 for a free place), key and value, apart, so that looking at one copies none of the others.
    private var hashes = [Int](repeating: 0, count: 16)
    private var keys = [[UInt8]](repeating: [], count: 16)
    private var values = [Value?](repeating: nil, count: 16)
    private(set) var count = 0

    /// The value of a key, if any.
    ///
    /// No allocation.
    func find(_ key: UnsafeRawBufferPointer) -> Value? {
        let place = unsafe place(of: key, hash: Self.hash(key))
        return values[place]
    }

    /// Adds or replaces.
    mutating func insert(_ key: [UInt8], _ value: Value) {
        if (count + 1) * 4 > hashes.count * 3 { grow() }
        let hash = unsafe key.withUnsafeBytes { unsafe Self.hash($0) }
        let place = unsafe key.withUnsafeBytes { unsafe self.place(of: $0, hash: hash) }
        if hashes[place] == 0 {
            hashes[place] = hash
            keys[place] = key
            count += 1
        }
        values[place] = value
    }

    /// Empties the map.
    mutating func removeAll() {
        self = Self()
    }

    /// Where the key is, or the free place where it would be.
    private func place(of key: UnsafeRawBufferPointer, hash: Int) -> Int {
        var place = hash & (hashes.count - 1)
        while hashes[place] != 0 {
            if hashes[place] == hash, unsafe Self.isEqual(keys[place], key) { break }
            place = (place + 1) & (hashes.count - 1)
        }
        return place
    }

    private mutating func grow() {
        let old = self
        hashes = Array(repeating: 0, count: old.hashes.count * 2)
        keys = Array(repeating: [], count: hashes.count)
        values = Array(repeating: nil, count: hashes.count)
        for from in old.hashes.indices where old.hashes[from] != 0 {
            var place = old.hashes[from] & (hashes.count - 1)
            while hashes[place] != 0 {
                place = (place + 1) & (hashes.count - 1)
            }
            hashes[place] = old.hashes[from]
            keys[place] = old.keys[from]
            values[place] = old.values[from]
        }
    }

    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        unsafe hasher.combine(bytes: key)
        let hash = hasher.finalize()
        return hash == 0 ? 1 : hash
    }

    private static func isEqual(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        unsafe left.withUnsafeBytes { left in
            guard left.count == right.count else { return false }
            guard let one = left.baseAddress, let other = right.baseAddress else { return true }
            return unsafe memcmp(one, other, left.count) == 0
        }
    }
}
