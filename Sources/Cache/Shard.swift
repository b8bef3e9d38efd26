internal import Glibc

/// One lock's worth of a store: a list of entries by recency and an index of buckets that chain them by hash.
///
/// Invariants, between calls: `usage.bytes` is the sum of the entries' footprints and the index's bytes, and at most
/// `budget`; each entry is in the list once and in the bucket of its hash once; an empty shard holds no memory.
///
/// Unchecked because the compiler cannot see that a shard owns every block it points to and lends none past a call.
@safe struct Shard: ~Copyable, @unchecked Sendable {
    private(set) var budget: Int
    private(set) var usage = Usage()
    private(set) var newest: Block?
    private(set) var oldest: Block?
    /// A power of two of buckets, or none; at least as many as there are entries.
    private(set) var buckets = unsafe UnsafeMutableBufferPointer<Block?>(start: nil, count: 0)

    private static let minimumBuckets = 16
    private static let bucketSize = unsafe MemoryLayout<Block?>.stride

    init(budget: Int) {
        self.budget = budget
    }

    deinit {
        var next = unsafe newest
        while let block = unsafe next {
            unsafe next = block.header.older
            unsafe block.free()
        }
        unsafe free(buckets.baseAddress)
    }

    func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Block? {
        guard unsafe !buckets.isEmpty else { return nil }
        var candidate = unsafe buckets[bucket(of: hash)]
        while let block = unsafe candidate {
            if unsafe block.header.hash == hash, unsafe block.holds(key) {
                return unsafe block
            }
            unsafe candidate = block.header.next
        }
        return nil
    }

    /// Makes an entry the newest.
    mutating func use(_ block: Block) {
        guard unsafe newest != block else { return }
        unsafe detach(block)
        unsafe attachNewest(block)
    }

    /// Stores an entry whose key is not here.
    ///
    /// False when it cannot fit or the system has no memory.
    mutating func insert(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64
    ) -> Bool {
        guard let payload = Self.payload(key.count, value.count), unsafe makeRoom(Block.footprint(payload: payload)),
            let block = unsafe Block.allocate(key: key, hash: hash, value: value, mark: mark, expiresAt: expiresAt)
        else { return false }
        unsafe attachNewest(block)
        let place = bucket(of: hash)
        unsafe block.header.next = buckets[place]
        unsafe buckets[place] = block
        usage.items += 1
        unsafe usage.bytes += block.footprint
        return true
    }

    @discardableResult
    mutating func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        guard let block = unsafe find(key, hash: hash) else { return false }
        unsafe drop(block)
        return true
    }

    mutating func expire(_ block: Block) {
        unsafe drop(block)
        usage.expirations &+= 1
    }

    mutating func removeAll() {
        while let block = unsafe oldest {
            unsafe drop(block)
        }
    }

    mutating func setBudget(_ bytes: Int) {
        budget = bytes
        while usage.bytes > budget, evictOldest() {}
    }

    /// Evicts until an entry of this footprint, and the bucket it may need, fit.
    ///
    /// False when they never will.
    private mutating func makeRoom(_ footprint: Int) -> Bool {
        guard footprint <= budget - Self.indexBytes(Self.minimumBuckets) else { return false }
        while true {
            let isIndexFull = unsafe usage.items >= buckets.count
            let count = unsafe max(Self.minimumBuckets, buckets.count * 2)
            let growth = unsafe isIndexFull ? Self.indexBytes(count) - Self.indexBytes(buckets.count) : 0
            if usage.bytes <= budget - footprint - growth {
                if !isIndexFull || resizeIndex(to: count) { return true }
            }
            // Evicting makes room, shrinks the index, or, where the system refused a larger one, leaves a free bucket.
            guard evictOldest() else { return false }
        }
    }

    private mutating func evictOldest() -> Bool {
        guard let block = unsafe oldest else { return false }
        unsafe drop(block)
        usage.evictions &+= 1
        return true
    }

    private mutating func drop(_ block: Block) {
        unsafe detach(block)
        unsafe removeFromIndex(block)
        usage.items -= 1
        unsafe usage.bytes -= block.footprint
        unsafe block.free()
        if usage.items == 0 {
            _ = resizeIndex(to: 0)
        } else if unsafe usage.items <= buckets.count / 8, unsafe buckets.count > Self.minimumBuckets {
            // A larger index stays when the system has no memory for a smaller one.
            _ = unsafe resizeIndex(to: buckets.count / 4)
        }
    }
}

// The list of recency.
extension Shard {
    private mutating func attachNewest(_ block: Block) {
        unsafe block.header.newer = nil
        unsafe block.header.older = newest
        if let second = unsafe newest {
            unsafe second.header.newer = block
        } else {
            unsafe oldest = block
        }
        unsafe newest = block
    }

    private mutating func detach(_ block: Block) {
        let newer = unsafe block.header.newer
        let older = unsafe block.header.older
        if let newer = unsafe newer {
            unsafe newer.header.older = older
        } else {
            unsafe newest = older
        }
        if let older = unsafe older {
            unsafe older.header.newer = newer
        } else {
            unsafe oldest = newer
        }
    }
}

// The index.
extension Shard {
    /// The bucket of a hash; the index is not empty.
    func bucket(of hash: UInt64) -> Int {
        unsafe Int(truncatingIfNeeded: hash) & (buckets.count - 1)
    }

    private mutating func removeFromIndex(_ block: Block) {
        let place = unsafe bucket(of: block.header.hash)
        if unsafe buckets[place] == block {
            unsafe buckets[place] = block.header.next
            return
        }
        var previous = unsafe buckets[place]
        while let candidate = unsafe previous {
            if unsafe candidate.header.next == block {
                unsafe candidate.header.next = block.header.next
                return
            }
            unsafe previous = candidate.header.next
        }
    }

    /// Moves every entry to an index of `count` buckets, and its bytes into the account.
    ///
    /// False, and nothing changes, when the system has no memory.
    private mutating func resizeIndex(to count: Int) -> Bool {
        var resized = unsafe UnsafeMutableBufferPointer<Block?>(start: nil, count: 0)
        if count > 0 {
            guard let memory = unsafe malloc(count * Self.bucketSize) else { return false }
            let start = unsafe memory.bindMemory(to: Block?.self, capacity: count)
            unsafe resized = UnsafeMutableBufferPointer(start: start, count: count)
            unsafe resized.initialize(repeating: nil)
        }
        usage.bytes += unsafe Self.indexBytes(count) - Self.indexBytes(buckets.count)
        unsafe free(buckets.baseAddress)
        unsafe buckets = resized
        var next = unsafe newest
        while let block = unsafe next {
            let place = unsafe bucket(of: block.header.hash)
            unsafe block.header.next = buckets[place]
            unsafe buckets[place] = block
            unsafe next = block.header.older
        }
        return true
    }

    /// The bytes of heap behind an index; glibc's chunks have up to 16 of their own.
    static func indexBytes(_ count: Int) -> Int {
        count == 0 ? 0 : count * bucketSize + 16
    }

    /// The bytes of a key and its value; nil when too many for a block.
    private static func payload(_ key: Int, _ value: Int) -> Int? {
        key <= Int(UInt32.max) && value <= Int(UInt32.max) ? key + value : nil
    }
}
