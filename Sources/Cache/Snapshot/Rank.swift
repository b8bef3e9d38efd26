/// Where an entry stands in the order of eviction, in terms that mean the same in another store of the same policy.
public struct EntryRank: Sendable, Equatable {
    /// The policy's queue.
    public var queue: UInt8
    /// The policy's counter.
    public var counter: UInt8
    /// How far the policy has moved on since the entry was placed.
    public var age: Float

    /// A rank of any values: one that means nothing to the policy restores nothing.
    public init(queue: UInt8, counter: UInt8, age: Float) {
        self.queue = queue
        self.counter = counter
        self.age = age
    }
}

/// How often a key was asked for, as its policy counts, for a key that is not in the store.
public struct Frequency: Sendable, Equatable {
    /// The policy's counter.
    public var counter: UInt8
    /// How far the policy has moved on since the key's entry was evicted.
    public var age: UInt16

    /// A frequency of any values.
    public init(counter: UInt8, age: UInt16) {
        self.counter = counter
        self.age = age
    }
}

extension AnyPolicy {
    /// The rank of an item in a segment with that stamp.
    func rank(queue: Int, counter: UInt8, stamp: Double) -> EntryRank {
        switch kind {
        case .lru:
            // Generations, as ages: 0 is the present one.
            EntryRank(queue: Self.lruAge(lru.present, queue), counter: Self.lruAge(lru.present, Int(counter)), age: 0)
        case .s3fifo: EntryRank(queue: UInt8(queue), counter: counter, age: 0)
        case .lazyGDSF: EntryRank(queue: UInt8(queue), counter: counter, age: Float(lazyGDSF.stamp - stamp))
        }
    }

    /// Where an item of that rank goes, and the stamp it was placed at; nil for a rank that the policy never gives.
    func placement(_ rank: EntryRank) -> (placement: Placement, stamp: Double)? {
        switch kind {
        case .lru:
            guard rank.queue < LRU.generations, rank.counter < LRU.generations else { return nil }
            let queue = Int(Self.lruAge(lru.present, Int(rank.queue)))
            return (Placement(queue: queue, counter: Self.lruAge(lru.present, Int(rank.counter))), 0)
        case .s3fifo:
            guard Int(rank.queue) <= S3FIFO.main, rank.counter <= S3FIFO.maximumCount else { return nil }
            return (Placement(queue: Int(rank.queue), counter: rank.counter), 0)
        case .lazyGDSF:
            guard rank.queue < QueueTable.count, rank.counter < 32, rank.age >= 0, rank.age.isFinite else { return nil }
            return (Placement(queue: Int(rank.queue), counter: rank.counter), lazyGDSF.stamp - Double(rank.age))
        }
    }

    /// The queue that an export comes to as that number: the oldest generation first.
    func exportOrder(_ number: Int) -> Int {
        guard kind == .lru, number < LRU.generations else { return number }
        return (lru.present + 1 + number) % LRU.generations
    }

    /// A generation's age, or the generation of an age.
    private static func lruAge(_ present: Int, _ other: Int) -> UInt8 {
        UInt8((present - other + 2 * LRU.generations) % LRU.generations)
    }

    /// What is worth remembering of an item's use without the item; nil when it is nothing.
    func frequency(queue: Int, counter: UInt8) -> Frequency? {
        switch kind {
        case .lru: nil
        case .s3fifo: queue == S3FIFO.main || counter >= S3FIFO.moveThreshold ? Frequency(counter: 0, age: 0) : nil
        case .lazyGDSF: Frequency(counter: counter & LazyGDSF.frequencyMask, age: 0)
        }
    }

    /// What a ghost remembers.
    func frequency(ofGhost slot: Slot) -> Frequency? {
        kind == .lru ? nil : Frequency(counter: slot.counter, age: ghostClock &- slot.stamp)
    }

    /// The ghost of a frequency.
    func ghost(_ frequency: Frequency, hash: UInt64) -> Slot {
        Slot(ghostOf: hash, counter: frequency.counter, stamp: ghostClock &- frequency.age)
    }

    /// What ghosts are stamped with now.
    private var ghostClock: UInt16 {
        switch kind {
        case .lru: 0
        case .s3fifo: s3fifo.now
        case .lazyGDSF: LazyGDSF.ghostStamp(lazyGDSF.stamp)
        }
    }
}
