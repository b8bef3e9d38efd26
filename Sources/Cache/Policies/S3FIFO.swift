/// S3-FIFO (Yang et al., SOSP 2023): a small queue filters out items that are asked for once.
///
/// New items enter the small queue, a tenth of the capacity; those hit at least twice there move to the main queue, the
/// others leave a ghost, and a key whose ghost is still there enters the main queue at once. The main queue gives an item
/// another turn for each of up to three hits.
struct S3FIFO: Policy {
    static let targetLoad = 0.5
    static let small = 0
    static let main = 1
    static let moveThreshold: UInt8 = 2
    static let maximumCount: UInt8 = 3

    var capacity = 0
    var stamp: Double { 0 }
    private var hasEvicted = false
    /// Bytes that have left the small queue for a ghost.
    private var ghosted = 0

    private var smallCapacity: Int { capacity / 10 }
    /// Bytes of one step of a ghost's stamp: the ghosts that count lie within 1,024 steps.
    private var stampUnit: Int { max(1, (capacity - smallCapacity) / 1_024) }
    var now: UInt16 { UInt16(truncatingIfNeeded: ghosted / stampUnit) }

    func accepts(_ item: ItemFacts) -> Bool { item.bytes < smallCapacity }

    func admit(_ item: ItemFacts, known: Known, _ queues: QueueTable) -> Placement? {
        if case .ghost(_, let stamp) = known, now &- stamp <= 1_024 {
            return Placement(queue: Self.main, counter: 0)
        }
        if case .entry(let counter) = known {
            return Placement(queue: Self.small, counter: counter)
        }
        guard accepts(item) else { return nil }
        let isWarmingUp = !hasEvicted && queues[Self.small].bytes >= smallCapacity
        return Placement(queue: isWarmingUp ? Self.main : Self.small, counter: 0)
    }

    @inline(__always)
    func touch(_ counter: UInt8, bytes: @autoclosure () -> Int) -> UInt8 {
        min(Self.maximumCount, counter + 1)
    }

    mutating func victim(_ queues: QueueTable) -> Int? {
        hasEvicted = true
        let wantsMain = queues[Self.main].bytes > capacity - smallCapacity || queues.isEmpty(Self.small)
        let choice = wantsMain ? Self.main : Self.small
        return queues.isEmpty(choice) ? queues.firstInUse : choice
    }

    mutating func verdict(
        _ item: ItemFacts,
        queue: Int,
        counter: UInt8,
        _ queues: QueueTable
    ) -> Verdict {
        if queue == Self.main {
            return counter > 0 ? .move(Placement(queue: Self.main, counter: counter - 1)) : .evict(ghost: nil)
        }
        if counter >= Self.moveThreshold { return .move(Placement(queue: Self.main, counter: 0)) }
        ghosted &+= item.bytes
        return .evict(ghost: (counter, now))
    }
}
