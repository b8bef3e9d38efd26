import Cache
import Glibc

/// A dictionary keyed by byte strings that is searched with raw bytes, without making a key object first.
///
/// Open addressing with linear probing; grows at three quarters full. Entries are never removed singly.
struct ByteMap<Value> {
    /// A free place has the hash 0.
    private struct Place {
        var hash: UInt64 = 0
        var key: [UInt8] = []
        var value: Value?
    }

    private var places = [Place](repeating: Place(), count: 16)
    private let hasher = KeyHasher()
    private(set) var count = 0

    /// The value of a key, if any.
    ///
    /// No allocation.
    func find(_ key: UnsafeRawBufferPointer) -> Value? {
        let place = unsafe place(of: key, hash: hash(key))
        return places[place].value
    }

    /// Adds or replaces.
    mutating func insert(_ key: [UInt8], _ value: Value) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let hash = unsafe key.withUnsafeBytes { unsafe self.hash($0) }
        let place = unsafe key.withUnsafeBytes { unsafe self.place(of: $0, hash: hash) }
        if places[place].hash == 0 { count += 1 }
        places[place] = Place(hash: hash, key: key, value: value)
    }

    /// Empties the map.
    mutating func removeAll() {
        self = Self()
    }

    /// Where the key is, or the free place where it would be.
    private func place(of key: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[index].hash != 0 {
            if places[index].hash == hash, unsafe Self.isEqual(places[index].key, key) { break }
            index = (index + 1) & (places.count - 1)
        }
        return index
    }

    private mutating func grow() {
        let old = places
        places = Array(repeating: Place(), count: old.count * 2)
        for place in old where place.hash != 0 {
            var index = Int(truncatingIfNeeded: place.hash) & (places.count - 1)
            while places[index].hash != 0 {
                index = (index + 1) & (places.count - 1)
            }
            places[index] = place
        }
    }

    private func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        let hash = unsafe hasher.hash(key)
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
