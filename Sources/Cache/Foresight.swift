internal import CPrefetch

/// Lists of memory that is going to be read soon, by rows: to be asked for without waiting for it.
///
/// What a hit reads of a store that is seldom asked, or that is large, lies far away, one place known only from another.
/// Whoever knows the places beforehand asks for them while it does something else. Nothing is changed or counted by it, and
/// nobody is waited for.
public struct ColdLines: Sendable {
    /// Addresses by which nothing is ever read, `width` of each row.
    private(set) var addresses: [UInt]
    private var counts: [Int]
    static let width = 28

    /// So many rows, of nothing yet.
    public init(rows: Int = 0) {
        addresses = Array(repeating: 0, count: rows * Self.width)
        counts = Array(repeating: 0, count: rows)
    }

    /// Adds the first `bytes` of an object that somebody keeps, its header included, to a row.
    public mutating func add(_ object: AnyObject, bytes: Int, to row: Int) {
        add(unsafe UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()), bytes: bytes, to: row)
    }

    /// Adds bytes from an address on; what is too much is left out.
    public mutating func add(_ address: UInt, bytes: Int, to row: Int) {
        var line = address & ~63
        while line < address + UInt(bytes), counts[row] < Self.width {
            // To the end of the row: to ask twice for a line is cheaper than to look how many there are.
            for place in counts[row]..<Self.width { addresses[row * Self.width + place] = line }
            counts[row] += 1
            line += 64
        }
    }

    /// Asks for those of a row.
    public func prefetch(row: Int) {
        unsafe addresses.withUnsafeBufferPointer { addresses in
            guard row >= 0, (row + 1) * Self.width <= addresses.count, let start = addresses.baseAddress else { return }
            unsafe cprefetch_all(start + row * Self.width, Self.width)
        }
    }
}

extension Store {
    /// Adds what every lookup touches.
    public func addColdLines(to lines: inout ColdLines, row: Int) {
        lines.add(self, bytes: 64, to: row)
        // Of its shards the first, of small stores the only one.
        lines.add(shards.address, bytes: 192, to: row)
        if let estimator { lines.add(estimator, bytes: 128, to: row) }
    }

    /// Asks for the part of the index that a lookup of that hash reads.
    ///
    /// Does nothing while another thread has the shard.
    public func prefetchIndex(hash: UInt64) {
        shards.withShardIfFree(shard(of: hash)) { shard in shard.index.prefetchBuckets(of: hash) }
    }

    /// Asks for the beginning of the entry that the index has for that hash, if there is one; likewise.
    public func prefetchEntry(hash: UInt64) {
        shards.withShardIfFree(shard(of: hash)) { shard in shard.index.prefetchRecord(of: hash) }
    }
}

extension Index {
    func prefetchBuckets(of hash: UInt64) {
        guard regionCount > 0 else { return }
        let (first, second) = region(regionNumber(of: hash)).buckets(of: Slot.tag(of: hash))
        memory.prefetch(first)
        memory.prefetch(second)
    }

    func prefetchRecord(of hash: UInt64) {
        _ = find(hash) { slot in
            if slot.isItem {
                // As much as most keys and small values take; a longer value is read in a row, which is foreseen anyway.
                for line in 0..<4 { memory.prefetch(slot.location + line << 6) }
            }
            return false
        }
    }
}

extension PoolMemory {
    /// Asks for the line of an offset, which may lie outside.
    @inline(__always)
    func prefetch(_ offset: Int) {
        unsafe cprefetch(UnsafeRawPointer(bitPattern: UInt(bitPattern: base) &+ UInt(bitPattern: offset)))
    }
}
