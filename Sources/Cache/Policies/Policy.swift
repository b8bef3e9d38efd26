/// What decides which items a shard keeps.
///
/// A shard holds its items in queues, each a chain of segments in the order of arrival, and each item has a 5-bit counter
/// that only the policy interprets. When room is needed the policy names a queue; the shard goes through the segment at its
/// head, oldest record first, and asks for a verdict on each item.
///
/// The contract, which `AnyPolicy` checks in debug builds as far as single answers show it. A policy
/// 1. MUST do all its work in constant time and without allocating; it runs under the shard's lock, some of it on a hit;
/// 2. MUST place items in queues from 0 to `QueueTable.count - 1`, with counters from 0 to 31;
/// 3. MUST name a victim queue that is not empty, unless all are;
/// 4. MUST NOT answer `.move` for the same item without end while nothing touches it;
/// 5. MUST accept that the shard evicts an item it wanted to move, when a call has moved many already or there is no room,
///    and that items vanish by removal and expiry without its hearing of it;
/// 6. MUST keep no reference to items: counters, queues and what a ghost remembers is all there is.
protocol Policy {
    /// Bytes the shard may hold.
    var capacity: Int { get set }

    /// Whether it would keep an item of that size at all.
    func accepts(_ item: ItemFacts) -> Bool

    /// Where a new item goes; nil when it is not worth keeping.
    ///
    /// `known` is the counter of the entry it replaces, or what a ghost remembers of the key.
    mutating func admit(_ item: ItemFacts, known: Known, _ queues: QueueTable) -> Placement?

    /// The counter after a hit or an overwrite.
    ///
    /// `bytes` as charged to the budget, worked out only if asked for.
    mutating func touch(_ counter: UInt8, bytes: @autoclosure () -> Int) -> UInt8

    /// The queue to take the next segment from.
    mutating func victim(_ queues: QueueTable) -> Int?

    /// What to do with an item that has come to the head of a queue.
    mutating func verdict(
        _ item: ItemFacts,
        queue: Int,
        counter: UInt8,
        _ queues: QueueTable
    )
        -> Verdict

    /// A segment's stamp is the mean of this over the bytes appended to it.
    var stamp: Double { get }

    /// Items per slot of the index: the rest is room for ghosts.
    static var targetLoad: Double { get }
}

/// An item as a policy sees it.
struct ItemFacts {
    /// Bytes charged to the budget.
    var bytes: Int
    /// What it costs to miss it.
    var cost: Double
}

/// What is remembered of a key that comes in.
enum Known {
    case nothing
    /// A ghost's counter, and how long ago it was made as `Verdict.evict` stamped it.
    case ghost(counter: UInt8, stamp: UInt16)
    /// The counter of the entry that is replaced.
    case entry(counter: UInt8)
}

/// A queue and the counter to start with.
struct Placement {
    var queue: Int
    var counter: UInt8
}

/// The fate of an item at the head of a queue.
enum Verdict {
    case move(Placement)
    /// Evict and, with a ghost, remember this counter and stamp.
    case evict(ghost: (counter: UInt8, stamp: UInt16)?)
}

/// The chains of segments of a shard.
struct QueueTable {
    static let count = 24

    struct Queue {
        /// First units of segments, 0 for none; records are appended to the tail.
        var head: UInt32 = 0
        var tail: UInt32 = 0
        /// Bytes of the items placed here, as charged.
        var bytes = 0
    }

    let memory: PoolMemory
    private var queues = InlineArray<24, Queue>(repeating: Queue())

    init(memory: PoolMemory) {
        self.memory = memory
    }

    subscript(queue: Int) -> Queue {
        get { queues[queue] }
        set { queues[queue] = newValue }
    }

    func isEmpty(_ queue: Int) -> Bool {
        queues[queue].head == 0
    }

    /// The stamp of the segment at a queue's head.
    func headStamp(_ queue: Int) -> Double {
        Segment(unit: queues[queue].head, memory: memory).stamp
    }

    /// The first queue that has segments.
    var firstInUse: Int? {
        (0..<Self.count).first { queue in !isEmpty(queue) }
    }
}
