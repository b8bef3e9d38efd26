/// The eviction policies that a store can run.
public enum PolicyKind: String, Sendable, CaseIterable {
    /// Least recently used.
    case lru
    /// S3-FIFO (SOSP 2023).
    case s3fifo
    /// Greedy-Dual-Size-Frequency on FIFO queues: the default.
    case lazyGDSF = "lazy-gdsf"
}

/// What a miss costs, for policies that weigh it: `request + readUnits * RCU + bytes * size`.
///
/// Only the ratios count. RCU is that of an eventually consistent read: half a unit for each 4 KiB begun.
public struct CostWeights: Sendable, Equatable {
    /// The cost of a miss, whatever its size.
    public var request: Double
    /// The cost of a read capacity unit.
    public var readUnits: Double
    /// The cost of a byte from upstream.
    public var bytes: Double

    /// Makes weights; negative and infinite ones count as 0.
    public init(request: Double = 0, readUnits: Double = 1, bytes: Double = 0) {
        func sane(_ weight: Double) -> Double { weight > 0 && weight.isFinite ? weight : 0 }
        self.request = sane(request)
        self.readUnits = sane(readUnits)
        self.bytes = sane(bytes)
        // The unit is a miss of 4 KiB, so that priorities stay in the range the queues are made for.
        let whole = self.request + self.readUnits / 2 + self.bytes * 4_096
        if whole > 0 {
            self.request /= whole
            self.readUnits /= whole
            self.bytes /= whole
        } else {
            self.request = 1
        }
    }

    @inline(__always)
    func cost(ofBytes count: Int) -> Double {
        request + readUnits * Double(max(1, (count + 4_095) >> 12)) * 0.5 + bytes * Double(count)
    }
}

/// One of the policies, without an existential on the way.
///
/// A debug build checks each answer against the contract.
struct AnyPolicy: Policy {
    let kind: PolicyKind
    private(set) var lazyGDSF = LazyGDSF()
    private(set) var lru = LRU()
    private(set) var s3fifo = S3FIFO()

    static var targetLoad: Double { LazyGDSF.targetLoad }

    init(_ kind: PolicyKind) {
        self.kind = kind
    }

    var targetLoad: Double {
        switch kind {
        case .lru: LRU.targetLoad
        case .s3fifo: S3FIFO.targetLoad
        case .lazyGDSF: LazyGDSF.targetLoad
        }
    }

    var capacity: Int {
        get { lazyGDSF.capacity }
        set {
            lru.capacity = newValue
            s3fifo.capacity = newValue
            lazyGDSF.capacity = newValue
        }
    }

    var stamp: Double { lazyGDSF.stamp }

    func accepts(_ item: ItemFacts) -> Bool {
        switch kind {
        case .lru: lru.accepts(item)
        case .s3fifo: s3fifo.accepts(item)
        case .lazyGDSF: lazyGDSF.accepts(item)
        }
    }

    mutating func admit(_ item: ItemFacts, known: Known, _ queues: QueueTable) -> Placement? {
        let placement: Placement? =
            switch kind {
            case .lru: lru.admit(item, known: known, queues)
            case .s3fifo: s3fifo.admit(item, known: known, queues)
            case .lazyGDSF: lazyGDSF.admit(item, known: known, queues)
            }
        assert(placement?.isValid ?? true)
        return placement
    }

    @inline(__always)
    mutating func touch(_ counter: UInt8, bytes: @autoclosure () -> Int) -> UInt8 {
        let touched =
            switch kind {
            case .lru: lru.touch(counter, bytes: bytes())
            case .s3fifo: s3fifo.touch(counter, bytes: bytes())
            case .lazyGDSF: lazyGDSF.touch(counter, bytes: bytes())
            }
        assert(touched < Placement.counters)
        return touched
    }

    mutating func victim(_ queues: QueueTable) -> Int? {
        let victim =
            switch kind {
            case .lru: lru.victim(queues)
            case .s3fifo: s3fifo.victim(queues)
            case .lazyGDSF: lazyGDSF.victim(queues)
            }
        assert(victim.map { queue in !queues.isEmpty(queue) } ?? (queues.firstInUse == nil))
        return victim
    }

    mutating func verdict(
        _ item: ItemFacts,
        queue: Int,
        counter: UInt8,
        _ queues: QueueTable
    ) -> Verdict {
        let verdict =
            switch kind {
            case .lru: lru.verdict(item, queue: queue, counter: counter, queues)
            case .s3fifo: s3fifo.verdict(item, queue: queue, counter: counter, queues)
            case .lazyGDSF: lazyGDSF.verdict(item, queue: queue, counter: counter, queues)
            }
        assert(verdict.isValid)
        return verdict
    }
}

extension Placement {
    /// A counter is below it.
    fileprivate static let counters: UInt8 = 32

    fileprivate var isValid: Bool { queue >= 0 && queue < QueueTable.count && counter < Self.counters }
}

extension Verdict {
    fileprivate var isValid: Bool {
        switch self {
        case .move(let placement): placement.isValid
        case .evict(let ghost): ghost.map { ghost in ghost.counter < Placement.counters } ?? true
        }
    }
}
