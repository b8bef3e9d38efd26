/// The place of a key in one lane.
///
///     31      26 25      13 12       0
///     +---------+----------+----------+
///     | block   | previous | next     |   of a key that the lane holds
///     +---------+----------+----------+
///     | when it was evicted           |   of one that it remembers; 0 for none
///     +-------------------------------+
struct CurveLink: BitwiseCopyable {
    var word: UInt32

    @inline(__always)
    init(word: UInt32) { self.word = word }

    @inline(__always)
    init(next: Int, previous: Int, block: Int) {
        word = UInt32(truncatingIfNeeded: next | previous << 13 | block << 26)
    }

    @inline(__always) var next: Int {
        get { Int(word & 0x1fff) }
        set { word = word & ~0x1fff | UInt32(truncatingIfNeeded: newValue) }
    }
    @inline(__always) var previous: Int {
        get { Int(word >> 13 & 0x1fff) }
        set { word = word & ~(0x1fff << 13) | UInt32(truncatingIfNeeded: newValue) << 13 }
    }
    @inline(__always) var block: Int { Int(word >> 26) }
}

/// Keys in a row of one of a lane's queues, as a store's segment: their stamps are taken to grow evenly.
struct CurveBlock: BitwiseCopyable {
    var firstStamp: Float = 0
    /// The growth of the stamp from one key to the next, once no more are appended.
    var slope: Float = 0
    /// Bytes appended.
    var bytes: UInt32 = 0
    var appended: UInt16 = 0
    var live: UInt16 = 0
    var queue: UInt8 = 0
}

/// A simulated cache.
struct CurveLane: BitwiseCopyable {
    /// The budget it stands for.
    var size = 0.0
    /// Sampled bytes it may hold.
    var capacity = 0.0
    /// The budget in sampled bytes.
    var whole = 0.0
    /// Bytes above which it has no place for an item.
    var largest = 0.0
    var held = 0.0
    var items = 0
    /// L: the priority of the latest victim.
    var stamp = 0.0
    /// Evictions, or with S3-FIFO the steps of bytes evicted from the small queue: what ghosts are dated by.
    var clock: UInt32 = 1
    var ghosted = 0.0
    /// Nothing has been evicted yet.
    var isComplete = true
    /// It was made larger and has not been full since: it does not count.
    var isFilling = false
    /// Bits of the blocks and queues not in use, and in use.
    var freeBlocks = UInt64.max
    var freeCount = UInt32(CurveLanes.blocksPerLane)
    var queues: UInt32 = 0
    var misses = CurveCounts()
}

/// The memory of the lanes.
@safe struct CurveLanes {
    static let count = 11
    /// Lanes from the largest down that are a factor of the square root of 2 apart, as are those near the budget; the others
    /// are of 2.
    static let fine = 5
    static let all: UInt16 = 1 << UInt16(count) - 1
    /// What the 13 bits of a link can tell apart.
    static let maximumKeys = 8_191
    static let blocksPerLane = 64
    static let queueStride = 32
    /// The steps of the grid of sizes.
    static let ratio = 2.0.squareRoot()
    static let least = 4_096.0
    /// Of a queue that is empty: the largest `Float`.
    static let noPriority: UInt32 = 0x7f7f_ffff

    /// By key, then by lane.
    let links: CurveTable<CurveLink>
    /// Frequencies as the policy counts them, by key, then by lane.
    let counters: CurveTable<UInt8>
    /// By lane, then by queue: the priority of its head as a `Float`'s bits, but for the lowest, which are the queue's number;
    /// so the least of them names the victim's queue.
    let priorities: CurveTable<UInt32>
    /// By lane, then by queue: the first and the last key.
    let heads: CurveTable<UInt16>
    let tails: CurveTable<UInt16>
    /// By lane, for the first two queues: bytes held, for S3-FIFO.
    let queueBytes: CurveTable<Double>
    let blocks: CurveTable<CurveBlock>
    let lanes: CurveTable<CurveLane>
    /// The lanes' numbers by size.
    let order: CurveTable<UInt8>

    init(_ region: inout CurveRegion, keys: Int) {
        // What a lane's beginning takes comes first, together: then a tenant that asks for nothing has few pages.
        let lanes = keys == 0 ? 0 : Self.count
        let queues = lanes * Self.queueStride
        priorities = CurveTable(&region, count: queues, repeating: Self.noPriority)
        self.lanes = CurveTable(&region, count: lanes, repeating: CurveLane())
        order = CurveTable(&region, count: lanes)
        heads = CurveTable(&region, count: queues)
        tails = CurveTable(&region, count: queues)
        queueBytes = CurveTable(&region, count: lanes * 2)
        blocks = CurveTable(&region, count: lanes * Self.blocksPerLane)
        links = CurveTable(&region, count: keys * Self.count)
        counters = CurveTable(&region, count: keys << 4)
    }

    static func bytes(_ keys: Int) -> Int {
        CurveTable<CurveLink>.bytes(keys * count) + CurveTable<UInt8>.bytes(keys << 4)
            + CurveTable<UInt32>.bytes(count * queueStride) + CurveTable<UInt16>.bytes(count * queueStride) * 2
            + CurveTable<Double>.bytes(count * 2)
            + CurveTable<CurveBlock>.bytes(count * blocksPerLane) + CurveTable<CurveLane>.bytes(count)
            + CurveTable<UInt8>.bytes(count)
    }

    func begin(_ model: CurveModel) {
        var size = Self.least
        for lane in 0..<Self.count {
            order[lane] = UInt8(lane)
            lanes[lane].size = size
            setCapacity(lane, model, weight: 1)
            size *= Self.ratio
        }
    }

    func setCapacity(_ lane: Int, _ model: CurveModel, weight: Double) {
        let usable = model.usable(lanes[lane].size)
        lanes[lane].capacity = usable / weight
        lanes[lane].whole = lanes[lane].size / weight
        lanes[lane].largest =
            model.policy == .s3fifo ? lanes[lane].size / Double(model.shards) / 10 : usable / Double(model.shards)
    }

    var smallest: Int { Int(order[0]) }

    /// The place in `order` of the lane to give up when a larger one is wanted: one that its neighbours are close to, but
    /// from half the budget to twice it; first of the small ones, then of those above; else the smallest.
    func dispensable(budget: Int) -> Int {
        let near = Double(budget) * 0.47...Double(budget) * 2.2
        for place in 1..<Self.count - 1 {
            let size = lanes[Int(order[place])].size
            guard place + Self.fine < Self.count || budget > 0 && size > near.upperBound else { continue }
            if near.contains(size) { continue }
            if lanes[Int(order[place + 1])].size < lanes[Int(order[place - 1])].size * 2.1 { return place }
        }
        return 0
    }

    var top: Int { Int(order[Self.count - 1]) }

    /// No lane remembers anything of a key.
    func forget(_ key: Int) {
        for lane in 0..<Self.count { links[link(key, lane)] = CurveLink(word: 0) }
        counters.setVector(SIMD16<UInt8>.zero, at: counter(key, 0))
    }

    func decay(_ factor: Double) {
        for lane in 0..<Self.count { lanes[lane].misses.scale(factor) }
    }
}

// Queues.
extension CurveLanes {
    @inline(__always)
    func link(_ key: Int, _ lane: Int) -> Int { key &* Self.count &+ lane }

    @inline(__always)
    func counter(_ key: Int, _ lane: Int) -> Int { key << 4 | lane }

    /// Puts a key that the lane does not hold at the end of a queue.
    @inline(__always)
    func append(_ key: Int, to queue: Int, _ lane: Int, bytes: UInt32) {
        link(key, to: queue, lane, bytes: bytes)
        lanes[lane].held += Double(bytes)
        lanes[lane].items &+= 1
    }

    @inline(__always)
    private func link(_ key: Int, to queue: Int, _ lane: Int, bytes: UInt32) {
        let tail = Int(tails[lane << 5 | queue])
        var block = -1
        if tail != 0 {
            block = links[link(tail, lane)].block
            links[link(tail, lane)].next = key
            let isLong = Double(blocks[lane << 6 | block].bytes) * 40 > lanes[lane].capacity
            // Each queue must be able to begin one.
            if isLong, lanes[lane].freeCount > UInt32(QueueTable.count) {
                let place = lane << 6 | block
                blocks[place].slope =
                    (Float(lanes[lane].stamp) - blocks[place].firstStamp) / Float(max(1, blocks[place].appended))
                block = -1
            }
        } else {
            heads[lane << 5 | queue] = UInt16(truncatingIfNeeded: key)
            lanes[lane].queues |= 1 &<< UInt32(truncatingIfNeeded: queue)
        }
        let stamp = Float(lanes[lane].stamp)
        if block < 0 {
            block = lanes[lane].freeBlocks.trailingZeroBitCount
            lanes[lane].freeBlocks &= lanes[lane].freeBlocks &- 1
            lanes[lane].freeCount &-= 1
            blocks[lane << 6 | block] = CurveBlock(firstStamp: stamp, queue: UInt8(truncatingIfNeeded: queue))
        }
        let place = lane << 6 | block
        blocks[place].bytes &+= bytes
        if blocks[place].appended == .max {
            blocks[place].appended /= 2
            blocks[place].appended = max(blocks[place].appended, blocks[place].live)
        }
        blocks[place].appended &+= 1
        blocks[place].live &+= 1
        tails[lane << 5 | queue] = UInt16(truncatingIfNeeded: key)
        links[link(key, lane)] = CurveLink(next: 0, previous: tail, block: block)
        if tail == 0 { weigh(queue, lane) }
        if queue < 2 { queueBytes[lane << 1 | queue] += Double(bytes) }
    }

    /// Takes a key that the lane holds out of its queue.
    @inline(__always)
    func unlink(_ key: Int, _ lane: Int, bytes: UInt32) {
        takeOut(key, lane, bytes: bytes)
        lanes[lane].held -= Double(bytes)
        lanes[lane].items &-= 1
    }

    /// Takes the head of a queue, which is not empty, out of it; the lane's bytes and items still count it.
    @inline(__always)
    func takeHead(of queue: Int, _ lane: Int) -> Int {
        let end = lane << 5 | queue
        let key = Int(heads[end])
        let link = links[self.link(key, lane)]
        let place = lane << 6 | link.block
        let next = link.next
        heads[end] = UInt16(truncatingIfNeeded: next)
        let live = blocks[place].live &- 1
        blocks[place].live = live
        if live == 0 { free(link.block, lane) }
        if next != 0 {
            let word = links[self.link(next, lane)].word & ~(0x1fff << 13)
            links[self.link(next, lane)].word = word
            weigh(queue, lane)
        } else {
            tails[end] = 0
            lanes[lane].queues &= ~(1 &<< UInt32(truncatingIfNeeded: queue))
            priorities[end] = Self.noPriority
        }
        return key
    }

    /// Puts a key that `takeHead` returned at the end of a queue.
    @inline(__always)
    func putBack(_ key: Int, to queue: Int, _ lane: Int, bytes: UInt32) {
        link(key, to: queue, lane, bytes: bytes)
    }

    @inline(__always)
    private func takeOut(_ key: Int, _ lane: Int, bytes: UInt32) {
        let link = links[self.link(key, lane)]
        let place = lane << 6 | link.block
        let queue = Int(blocks[place].queue)
        var isHead = false
        if link.next != 0 {
            links[self.link(link.next, lane)].previous = link.previous
        } else {
            tails[lane << 5 | queue] = UInt16(truncatingIfNeeded: link.previous)
        }
        if link.previous != 0 {
            links[self.link(link.previous, lane)].next = link.next
        } else {
            heads[lane << 5 | queue] = UInt16(truncatingIfNeeded: link.next)
            if link.next == 0 { lanes[lane].queues &= ~(1 &<< UInt32(truncatingIfNeeded: queue)) }
            isHead = true
        }
        blocks[place].live &-= 1
        if blocks[place].live == 0 { free(link.block, lane) }
        if isHead { weigh(queue, lane) }
        if queue < 2 { queueBytes[lane << 1 | queue] -= Double(bytes) }
    }

    @inline(__always)
    private func free(_ block: Int, _ lane: Int) {
        lanes[lane].freeBlocks |= 1 &<< UInt64(truncatingIfNeeded: block)
        lanes[lane].freeCount &+= 1
    }

    /// Works the priority of a queue's head out.
    @inline(__always)
    private func weigh(_ queue: Int, _ lane: Int) {
        let head = Int(heads[lane << 5 | queue])
        guard head != 0 else {
            priorities[lane << 5 | queue] = Self.noPriority
            return
        }
        let place = lane << 6 | links[link(head, lane)].block
        let gone = Float(Int32(blocks[place].appended &- blocks[place].live))
        let stamp = blocks[place].firstStamp + blocks[place].slope * gone
        let bits = max(0, stamp + CurveRules.middle(of: queue)).bitPattern
        priorities[lane << 5 | queue] = bits & ~31 | UInt32(truncatingIfNeeded: queue)
    }

    /// The queue whose head has the least priority, and that.
    @inline(__always)
    func leastQueue(_ lane: Int) -> (queue: Int, priority: Double) {
        // As `Float`s, of which every processor finds the lesser in one instruction.
        let place = lane << 5
        let first = Self.lesser(four(place), four(place + 4))
        let second = Self.lesser(four(place + 8), four(place + 12))
        let third = Self.lesser(four(place + 16), four(place + 20))
        let all = Self.lesser(Self.lesser(first, second), third)
        let low = all.y < all.x ? all.y : all.x
        let high = all.w < all.z ? all.w : all.z
        let least = (high < low ? high : low).bitPattern
        return (Int(least & 31), Double(Float(bitPattern: least & ~31)))
    }

    @inline(__always)
    private func four(_ place: Int) -> SIMD4<Float> {
        priorities.vector(at: place, as: SIMD4<Float>.self)
    }

    @inline(__always)
    private static func lesser(_ one: SIMD4<Float>, _ other: SIMD4<Float>) -> SIMD4<Float> {
        SIMD4(
            other.x < one.x ? other.x : one.x,
            other.y < one.y ? other.y : one.y,
            other.z < one.z ? other.z : one.z,
            other.w < one.w ? other.w : one.w
        )
    }

    /// Keeps stamps small, so that their precision lasts.
    func rebase(_ lane: Int) {
        let base = lanes[lane].stamp
        lanes[lane].stamp = 0
        for block in 0..<Self.blocksPerLane {
            blocks[lane << 6 | block].firstStamp -= Float(base)
        }
        for queue in 0..<QueueTable.count { weigh(queue, lane) }
    }

    /// Makes a lane like another, its counts included.
    func copy(_ source: Int, to target: Int, _ keys: CurveTable<CurveKey>, highest: Int) {
        lanes[target] = lanes[source]
        for block in 0..<Self.blocksPerLane { blocks[target << 6 | block] = blocks[source << 6 | block] }
        for queue in 0..<Self.queueStride {
            priorities[target << 5 | queue] = priorities[source << 5 | queue]
            heads[target << 5 | queue] = heads[source << 5 | queue]
            tails[target << 5 | queue] = tails[source << 5 | queue]
        }
        for queue in 0..<2 { queueBytes[target << 1 | queue] = queueBytes[source << 1 | queue] }
        guard highest > 0 else { return }
        for key in 1...highest {
            links[link(key, target)] = links[link(key, source)]
            counters[counter(key, target)] = counters[counter(key, source)]
            let mask = keys[key]
            keys[key].resident =
                mask.resident & ~(1 << UInt16(target)) | (mask.resident >> UInt16(source) & 1) << UInt16(target)
            keys[key].later = mask.later & ~(1 << UInt16(target)) | (mask.later >> UInt16(source) & 1) << UInt16(target)
        }
    }
}
