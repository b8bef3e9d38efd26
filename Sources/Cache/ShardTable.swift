/// The shards of a store, each behind its lock.
///
/// Each starts a cache line pair of its own, so that threads in different shards do not write to the same lines; the lock
/// and what a hit writes are at its beginning.
///
/// Unchecked because it holds a pointer: each shard that it points to is used under its lock alone.
@safe struct ShardTable: ~Copyable, @unchecked Sendable {
    /// A power of two.
    let count: Int
    private let pool: SegmentPool
    private let base: UnsafeMutableRawPointer

    /// The lock comes first, then the shard; as two objects, since only the shard is used by one thread at a time.
    private static var shardOffset: Int { 16 }
    private static var alignment: Int { 128 }
    private static var stride: Int { (shardOffset + MemoryLayout<Shard>.size + alignment - 1) & ~(alignment - 1) }

    init(count: Int, _ pool: SegmentPool, _ make: (Int) -> Shard) {
        assert(MemoryLayout<ShardLock>.size <= Self.shardOffset && MemoryLayout<Shard>.alignment <= Self.shardOffset)
        self.count = count
        self.pool = pool
        unsafe base = .allocate(byteCount: count * Self.stride, alignment: Self.alignment)
        for index in 0..<count {
            let start = unsafe base + index * Self.stride
            unsafe start.initializeMemory(as: ShardLock.self, to: ShardLock())
            unsafe (start + Self.shardOffset).initializeMemory(as: Shard.self, to: make(index))
        }
    }

    deinit {
        for index in 0..<count {
            unsafe shard(index).deinitialize(count: 1)
            unsafe lock(index).deinitialize(count: 1)
        }
        unsafe base.deallocate()
        pool.trim()
    }

    @inline(__always)
    private func lock(_ index: Int) -> UnsafeMutablePointer<ShardLock> {
        assert(index >= 0 && index < count)
        return unsafe (base + index * Self.stride).assumingMemoryBound(to: ShardLock.self)
    }

    @inline(__always)
    private func shard(_ index: Int) -> UnsafeMutablePointer<Shard> {
        assert(index >= 0 && index < count)
        return unsafe (base + index * Self.stride + Self.shardOffset).assumingMemoryBound(to: Shard.self)
    }

    /// Calls `body` with a shard, under its lock.
    @inline(__always)
    func withShard<R>(_ index: Int, _ body: (inout Shard) -> R) -> R {
        let lock = unsafe lock(index)
        unsafe lock.pointee.lock()
        defer { unsafe lock.pointee.unlock() }
        return unsafe body(&shard(index).pointee)
    }

    /// Calls `body` with a shard, under its lock, if nobody else has that now.
    @inline(__always)
    func withShardIfFree(_ index: Int, _ body: (borrowing Shard) -> Void) {
        let lock = unsafe lock(index)
        guard unsafe lock.pointee.lockIfFree() else { return }
        defer { unsafe lock.pointee.unlock() }
        unsafe body(shard(index).pointee)
    }

    /// Where the first shard is.
    var address: UInt { unsafe UInt(bitPattern: base) }

    /// Calls `body` with a shard, under its lock, until it returns true, and lets others have the shard in between.
    ///
    /// `body` looks now and then whether somebody wants the shard, and returns then.
    @inline(__always)
    func inSteps(_ index: Int, _ body: (inout Shard, _ isWanted: () -> Bool) -> Bool) {
        let lock = unsafe lock(index)
        while !withShard(index, { shard in body(&shard) { unsafe lock.pointee.isWanted } }) {
            unsafe lock.pointee.letOthersIn()
        }
    }
}
