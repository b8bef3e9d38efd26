/// What of a budget a store's records can be charged: the rest goes to partly filled segments and to the index.
struct CurveModel: Equatable {
    let policy: PolicyKind
    let accounting: Accounting
    let shards: Int

    /// Segments that are partly filled or kept free, on average, with each policy: from stores that were full.
    private var slackSegments: Double {
        switch policy {
        case .lru: 11
        case .s3fifo: 4.5
        case .lazyGDSF: 10.5
        }
    }

    /// Bytes of index for a record beyond its charge.
    var indexExcess: Int {
        accounting == .memory && policy == .s3fifo ? 7 : 0
    }

    /// Charged bytes that a store with this budget holds when it is full.
    func usable(_ budget: Double) -> Double {
        guard accounting == .memory else { return budget }
        let share = budget / Double(shards)
        let segment = Double(SegmentPool.unit << Shard.segmentOrder(for: Int(share)))
        // Of each segment, the header and what was too small for the next record.
        let waste = min(220, segment * 0.04) / segment
        return max(0, budget * (1 - waste) - Double(shards) * slackSegments * segment)
    }

    /// The budget with which a store holds so many charged bytes.
    func budget(forUsable bytes: Double) -> Double {
        guard accounting == .memory else { return bytes }
        var low = bytes
        var high = bytes * 2 + 65_536
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if usable(middle) < bytes { low = middle } else { high = middle }
        }
        return high
    }
}
