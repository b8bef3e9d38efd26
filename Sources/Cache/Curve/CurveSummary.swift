/// The counts that a curve is made of, taken out of the estimator's state.
struct CurveSummary {
    /// A size with what missed at it.
    struct Point {
        var size: Double
        var misses: CurveCounts
    }

    var points: [Point] = []
    var reads = CurveCounts()
    var storeHits = 0.0
    var storeMisses = 0.0
    var storeHitBytes = 0.0
    var storeMissBytes = 0.0
    /// Keys that there are beyond those that the sample stands for.
    var lackingKeys = 0.0
    /// The mean budget over the reads; 0 without a store.
    var budget = 0.0
    var sampledReads = 0.0
    /// The part of the keys that is sampled.
    var rate = 1.0
    var footprint = 0.0
    var keys = 0
}

extension CurveState {
    func summary() -> CurveSummary {
        var summary = CurveSummary()
        summary.reads = reads
        summary.storeHits = storeHits
        summary.storeMisses = storeMisses
        summary.storeHitBytes = storeHitBytes
        summary.storeMissBytes = storeMissBytes
        summary.lackingKeys = Double(countedKeys) * weight * (keyCorrection - 1)
        summary.budget = storeReads > 0 ? budgetReads / storeReads : 0
        summary.sampledReads = sampledReads
        summary.rate = 1 / weight
        summary.keys = keyCount
        if hasLanes {
            var orphans = orphans
            if highestKey > 0 {
                for key in 1...highestKey where keys[key].pending > 0 {
                    let times = Double(keys[key].pending)
                    orphans.add(
                        cell(keys[key].mixed, isMiss: true),
                        weight * times,
                        units(of: key, isMiss: true) * times
                    )
                    summary.reads.units += units(of: key, isMiss: true) * times
                }
            }
            for place in 0..<CurveLanes.count {
                let lane = lanes.lanes[Int(lanes.order[place])]
                guard !lane.isFilling else { continue }
                var misses = lane.misses
                misses.add(orphans)
                // A lane that lost nothing stands for all sizes from what it holds on.
                let full = model.budget(forUsable: lane.held * byteWeight)
                summary.points.append(.init(size: lane.isComplete ? min(lane.size, full) : lane.size, misses: misses))
                if lane.isComplete { break }
            }
            summary.footprint = model.budget(forUsable: lanes.lanes[lanes.top].held * byteWeight)
        } else {
            let whole = Double(distances.total) * byteWeight
            summary.footprint = model.budget(forUsable: whole)
            var misses = reads
            let least = whole / 1_024
            for bin in 0..<CurveDistances.binCount {
                // Hits at distances of this bin count from its end on.
                let start = CurveDistances.start(ofBin: bin)
                if start > 0, start >= least, start < whole {
                    summary.points.append(.init(size: model.budget(forUsable: start), misses: misses))
                }
                misses.add(distances.bins[bin], times: -1)
            }
            if whole > 0 { summary.points.append(.init(size: summary.footprint, misses: misses)) }
        }
        return summary
    }
}

extension CurveSummary {
    func curve() -> MissRatioCurve {
        var curve = MissRatioCurve()
        curve.reads = storeReads
        curve.sampledReads = sampledReads
        curve.samplingRate = rate
        curve.footprint = Int(footprint)
        guard storeReads > 0, sampledReads > 0, !points.isEmpty else { return curve }
        curve.sizes = points.map { point in Int(point.size) }
        let raw = points.map { point in estimate(point.misses, 0..<4) }
        var ratios = raw
        var errors = points.map { point in standardError(point.misses) }
        Isotonic.decrease(&ratios)
        // The mean over neighbours: four sub-samples alone say little about their spread.
        errors = errors.indices.map { index in
            let near = errors[max(0, index - 1)...min(errors.count - 1, index + 1)]
            return (near.reduce(0) { sum, error in sum + error * error } / Double(near.count)).squareRoot()
        }
        let total = totalUnits
        var units = points.map { point in unitRatio(point.misses, 0, total) }
        var bytes = points.map { point in unitRatio(point.misses, 2, total) }
        Isotonic.decrease(&units)
        Isotonic.decrease(&bytes)
        curve.missRatio = ratios
        curve.readUnitMissRatio = units
        curve.byteMissRatio = bytes
        curve.error = errors
        curve.readUnits = total[0] + total[1]
        curve.bytes = total[2] + total[3]
        if budget > 0 { curve.anchor(at: budget, storeMisses / storeReads) }
        return curve
    }

    private var storeReads: Double { storeHits + storeMisses }

    /// RCU and bytes of all reads that the store hit and missed.
    private var totalUnits: SIMD4<Double> {
        var hits = 0.0
        var misses = 0.0
        for part in 0..<4 {
            hits += reads.requests[part * 2]
            misses += reads.requests[part * 2 + 1]
        }
        var total = SIMD4(0, 0, storeHitBytes, storeMissBytes)
        if hits > 0 { total[0] = reads.units[0] * storeHits / hits }
        if misses > 0 { total[1] = reads.units[1] * storeMisses / misses }
        return total
    }

    /// The miss ratio from some of the sub-samples.
    ///
    /// Without a store's own hits, misses are taken as they are and the total as it is known, so that a hot key that is or
    /// is not in the sample counts as hits do (the adjustment of SHARDS). With them, reads that the store hit and missed are
    /// estimated apart, and those missed in proportion to how many there are (post-stratification).
    private func estimate(_ misses: CurveCounts, _ parts: Range<Int>) -> Double {
        let factor = 4 / Double(parts.count)
        var ofHits = 0.0
        var ofMisses = 0.0
        var sampled = 0.0
        for part in parts {
            ofHits += misses.requests[part * 2] * factor
            ofMisses += misses.requests[part * 2 + 1] * factor
            sampled += reads.requests[part * 2 + 1] * factor
        }
        if storeHits <= 0 || sampled <= 0 { return min(1, (ofHits + ofMisses + lackingKeys) / storeReads) }
        return min(1, (min(ofHits, storeHits) + ofMisses * storeMisses / sampled) / storeReads)
    }

    private func standardError(_ misses: CurveCounts) -> Double {
        let parts = (0..<4).map { part in estimate(misses, part..<part + 1) }
        let mean = parts.reduce(0, +) / 4
        let squares = parts.reduce(0) { sum, part in sum + (part - mean) * (part - mean) }
        // With all keys sampled there is nothing left to err about.
        return (squares / 12 * max(0, 1 - rate)).squareRoot()
    }

    private func unitRatio(_ misses: CurveCounts, _ place: Int, _ total: SIMD4<Double>) -> Double {
        let whole = total[place] + total[place + 1]
        guard whole > 0 else { return 0 }
        let ofHits = misses.units[place]
        let sampled = reads.units[place + 1]
        if storeHits <= 0 || sampled <= 0 { return min(1, (ofHits + misses.units[place + 1]) / whole) }
        return min(1, (min(ofHits, total[place]) + misses.units[place + 1] * total[place + 1] / sampled) / whole)
    }
}

/// Isotonic regression by pooling adjacent violators (Ayer et al., 1955).
enum Isotonic {
    /// The closest sequence that does not increase.
    static func decrease(_ values: inout [Double]) {
        var means: [(value: Double, count: Int)] = []
        for value in values {
            var block = (value: value, count: 1)
            while let last = means.last, last.value < block.value {
                let count = last.count + block.count
                block = ((last.value * Double(last.count) + block.value * Double(block.count)) / Double(count), count)
                means.removeLast()
            }
            means.append(block)
        }
        values = means.flatMap { block in [Double](repeating: block.value, count: block.count) }
    }
}
