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
    private static var stride: Int { (MemoryLayout<Mutex<Shard>>.size + alignment - 1) & ~(alignment - 1) }

    init(count: Int, _ make: (Int) -> Shard) {
        self.count = count
        unsafe base = .allocate(byteCount: count * Self.stride, alignment: Self.alignment)
        for index in 0..<count {
            unsafe (base + index * Self.stride).initializeMemory(as: Mutex<Shard>.self, to: Mutex(make(index)))
        }
    }

    deinit {
        for index in 0..<count {
            unsafe mutex(index).deinitialize(count: 1)
        }
        unsafe base.deallocate()
    }

    @inline(__always)
    private func mutex(_ index: Int) -> UnsafeMutablePointer<Mutex<Shard>> {
        assert(index >= 0 && index < count)
        return unsafe (base + index * Self.stride).assumingMemoryBound(to: Mutex<Shard>.self)
    }

    /// Calls `body` with a shard, under its lock.
    @inline(__always)
    func withShard<R>(_ index: Int, _ body: (inout Shard) -> sending R) -> sending R {
        unsafe mutex(index).pointee.withLock { shard in body(&shard) }
    }
}
