internal import Trace

/// Counts of reads by the least size at which they would have hit.
struct DistanceCounts {
    /// The sizes at which it can tell the miss ratios exactly, ascending.
    let edges: [Int]
    private var bins: [Tally]
    private(set) var all = Tally()

    /// Sizes 1 % apart, for when those wanted are not known yet.
    static var fineEdges: [Int] {
        var edges: [Int] = []
        var size = 64.0
        while size < 1e15 {
            edges.append(Int(size))
            size *= 1.01
        }
        return edges
    }

    init(edges: [Int]) {
        self.edges = edges
        bins = [Tally](repeating: Tally(), count: edges.count + 1)
    }

    /// Counts a read; a distance of nil is a miss at every size.
    mutating func count(_ request: TraceRequest, distance: Int?) {
        all.count(request, isHit: false)
        guard let distance else { return }
        var low = 0
        var high = edges.count
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] < distance { low = middle + 1 } else { high = middle }
        }
        bins[low].count(request, isHit: true)
    }

    /// What would have been missed at each edge.
    var tallies: [Tally] {
        var left = all
        return edges.indices.map { index in
            left.misses -= bins[index].reads
            left.missedBytes -= bins[index].bytes
            left.missedHalfUnits -= bins[index].halfUnits
            return left
        }
    }
}
