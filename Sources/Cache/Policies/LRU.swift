/// Least recently used, by generations.
///
/// Time is cut into generations, each as long as it takes to touch a fraction of the capacity, and there is a queue for
/// each of the latest 16. A hit sets the item's counter to the present generation; an item that comes to the head of an
/// older queue moves to the queue of its counter, or is evicted if it has not been touched since it was placed. So the
/// order is exact between generations and first come, first out within one.
struct LRU: Policy {
    static let targetLoad = 0.88
    static let generations = 16

    var capacity = 0
    var stamp: Double { 0 }
    private(set) var present = 0
    /// Bytes touched for the first time in the present generation.
    private var touched = 0

    func accepts(_ item: ItemFacts) -> Bool { true }

    mutating func admit(_ item: ItemFacts, known: Known, _ queues: QueueTable) -> Placement? {
        count(item.bytes, queues)
        return Placement(queue: present, counter: UInt8(present))
    }

    @inline(__always)
    mutating func touch(_ counter: UInt8, bytes: @autoclosure () -> Int) -> UInt8 {
        if Int(counter) != present { touched &+= bytes() }
        return UInt8(present)
    }

    func victim(_ queues: QueueTable) -> Int? {
        for age in 1...Self.generations {
            let queue = (present + age) % Self.generations
            if !queues.isEmpty(queue) { return queue }
        }
        return queues.firstInUse
    }

    func verdict(_ item: ItemFacts, queue: Int, counter: UInt8, _ queues: QueueTable) -> Verdict {
        Int(counter) == queue ? .evict(ghost: nil) : .move(Placement(queue: Int(counter), counter: counter))
    }

    /// Begins a generation when the present one is full and the oldest has been emptied.
    private mutating func count(_ bytes: Int, _ queues: QueueTable) {
        touched &+= bytes
        let next = (present + 1) % Self.generations
        guard touched >= capacity / 20, queues.isEmpty(next), queues[next].bytes == 0 else { return }
        present = next
        touched = 0
    }
}
