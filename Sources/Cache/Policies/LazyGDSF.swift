/// Size- and cost-aware eviction at the cost of FIFO.
///
/// Greedy-Dual-Size-Frequency (Cherkasova 1998) evicts the item with the least L + frequency * cost / size, where L is the
/// priority of the latest victim. Here, as in CAMP (Ghandeharizadeh et al., Middleware 2014), priorities are rounded to
/// powers of two, one FIFO queue for each, so that the least is at the head of a queue; and a hit only counts: the priority
/// is worked out anew when the item comes to the head, and the item moves if it was hit since it was placed. A ghost keeps
/// the frequency of evicted keys. A key that nothing is known of
/// enters with less than the credit of a request.
struct LazyGDSF: Policy {
    static let targetLoad = 0.88
    private var chance: UInt32 = 0x9e37_79b9
    var capacity = 0
    /// L: the priority of the latest victim.
    private(set) var stamp = 0.0

    /// Exponent of the least priority that has a queue of its own.
    private static let leastExponent = -20
    /// The counter: a frequency, and whether the item was hit since it was placed.
    static let frequencyMask: UInt8 = 15
    private static let touched: UInt8 = 16
    /// Requests that a frequency stands for.
    private static let frequencies: InlineArray<16, Double> = [
        0.7, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256,
    ]

    func accepts(_ item: ItemFacts) -> Bool { true }

    mutating func admit(_ item: ItemFacts, known: Known, _ queues: QueueTable) -> Placement? {
        let counter: UInt8 =
            switch known {
            case .nothing: 0
            case .ghost(let counter, _): counted(counter)
            case .entry(let counter): counter & Self.frequencyMask
            }
        return Placement(queue: Self.queue(item, counter), counter: counter)
    }

    @inline(__always)
    mutating func touch(_ counter: UInt8, bytes: @autoclosure () -> Int) -> UInt8 {
        counted(counter) | Self.touched
    }

    /// A frequency counter after another request: it counts in logarithmic steps, by chance (Morris 1978).
    @inline(__always)
    private mutating func counted(_ counter: UInt8) -> UInt8 {
        let frequency = counter & Self.frequencyMask
        guard frequency < Self.frequencyMask else { return frequency }
        // Steps of 1, 1, 1, 2, 2, 4, 4, ... requests.
        let step: UInt32 = frequency < 3 ? 1 : 1 << UInt32((frequency - 1) >> 1)
        guard step > 1 else { return frequency + 1 }
        chance ^= chance << 13
        chance ^= chance >> 17
        chance ^= chance << 5
        return chance & (step - 1) == 0 ? frequency + 1 : frequency
    }

    mutating func victim(_ queues: QueueTable) -> Int? {
        var best: Int?
        var least = Double.infinity
        for queue in 0..<QueueTable.count where !queues.isEmpty(queue) {
            let priority = queues.headStamp(queue) + Self.middle(of: queue)
            if priority < least {
                least = priority
                best = queue
            }
        }
        if best != nil { stamp = max(stamp, least) }
        return best
    }

    func verdict(_ item: ItemFacts, queue: Int, counter: UInt8, _ queues: QueueTable) -> Verdict {
        counter & Self.touched != 0
            ? .move(
                Placement(queue: Self.queue(item, counter & Self.frequencyMask), counter: counter & Self.frequencyMask)
            )
            : .evict(ghost: (counter, Self.ghostStamp(stamp)))
    }

    /// L as ghosts are stamped with it.
    static func ghostStamp(_ stamp: Double) -> UInt16 {
        UInt16(truncatingIfNeeded: Int(stamp * 64))
    }

    private static func queue(_ item: ItemFacts, _ counter: UInt8) -> Int {
        let priority = frequencies[Int(counter)] * item.cost / Double(max(1, item.bytes))
        guard priority > 0, priority.isFinite else { return priority > 0 ? QueueTable.count - 1 : 0 }
        return min(max(0, Int(priority.exponent) - leastExponent), QueueTable.count - 1)
    }

    /// The priority that stands for a queue's: 1.5 times its least.
    private static func middle(of queue: Int) -> Double {
        Double(sign: .plus, exponent: queue + leastExponent, significand: 1.5)
    }
}
