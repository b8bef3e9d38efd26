internal import Synchronization

/// The shards of a store, each behind its lock.
///
/// Each starts a cache line pair of its own, so that threads in different shards do not write to the same lines; the lock
/// and what a hit writes are at its beginning.
///
/// Unchecked because it holds a pointer: the mutexes it points to are initialized once and shared as mutexes are.
@safe struct ShardTable: ~Copyable, @unchecked Sendable {
    /// A power of two.
    let count: Int
    private let base: UnsafeMutableRawPointer

    private static var alignment: Int { 128 }
    private static var stride: Int { (MemoryLayout<LockedShard>.size + alignment - 1) & ~(alignment - 1) }

    init(count: Int, _ make: (Int) -> Shard) {
        self.count = count
        unsafe base = .allocate(byteCount: count * Self.stride, alignment: Self.alignment)
        for index in 0..<count {
            unsafe (base + index * Self.stride).initializeMemory(as: LockedShard.self, to: LockedShard(make(index)))
        }
    }

    deinit {
        for index in 0..<count {
            unsafe entry(index).deinitialize(count: 1)
        }
        unsafe base.deallocate()
    }

    @inline(__always)
    private func entry(_ index: Int) -> UnsafeMutablePointer<LockedShard> {
        assert(index >= 0 && index < count)
        return unsafe (base + index * Self.stride).assumingMemoryBound(to: LockedShard.self)
    }

    /// Calls `body` with a shard, under its lock.
    @inline(__always)
    func withShard<R>(_ index: Int, _ body: (inout Shard) -> sending R) -> sending R {
        let entry = unsafe entry(index)
        if let result = unsafe entry.pointee.mutex.withLockIfAvailable({ shard in body(&shard) }) { return result }
        return waitForShard(index, body)
    }

    @inline(never)
    private func waitForShard<R>(_ index: Int, _ body: (inout Shard) -> sending R) -> sending R {
        let entry = unsafe entry(index)
        unsafe entry.pointee.waiting.add(1, ordering: .relaxed)
        defer { unsafe entry.pointee.waiting.subtract(1, ordering: .relaxed) }
        return unsafe entry.pointee.mutex.withLock { shard in body(&shard) }
    }

    /// Lets those have a shard who wait for it; a lock alone goes to whoever asks again first.
    ///
    /// Whoever takes a shard's lock again and again calls this in between, without the lock. It waits for a few
    /// microseconds at most.
    func yield(_ index: Int) {
        let entry = unsafe entry(index)
        var patience = 20_000
        while patience > 0, unsafe entry.pointee.waiting.load(ordering: .relaxed) > 0 {
            patience -= 1
        }
    }
}

/// A shard, its lock, and how many threads wait for that.
private struct LockedShard: ~Copyable {
    let mutex: Mutex<Shard>
    let waiting = Atomic<Int>(0)

    init(_ shard: consuming sending Shard) {
        mutex = Mutex(shard)
    }
}
