/// What the participants get with the cache divided in whole bytes: the exact needs, the rates, the shares.
struct Settlement {
    /// The rate of the one that has least, relative to its base; 0 when something is not a number.
    let leastRate: Double
    private(set) var shares: [ResourceVector]
    /// Whether anybody has a use for RCU, WCU and egress.
    private(set) var isDemanded = SIMDMask<SIMD4<Int64>>(repeating: false)

    /// Needs of RCU, WCU and egress at the throughput of the base.
    private let needs: [SIMD4<Double>]

    init(
        _ tenants: [TenantProfile],
        _ order: [Int],
        _ rates: [Double],
        _ available: ResourceVector,
        cache: [Int]
    ) {
        let whole = SIMD4(available.readUnits, available.writeUnits, available.egressBytes, 1)
        let scale = SIMD4<Double>(repeating: 1) / whole.replacing(with: .leastNormalMagnitude, where: whole .<= 0)
        var needs: [SIMD4<Double>] = []
        var floors: [SIMD4<Double>] = []
        var isDemanded = isDemanded
        needs.reserveCapacity(order.count)
        floors.reserveCapacity(order.count)
        for (place, index) in order.enumerated() {
            let need = tenants[index].need(withCache: cache[place])
            let floor = tenants[index].clampedFloor
            needs.append(SIMD4(need.readUnits, need.writeUnits, need.egressBytes, 0) * rates[index])
            floors.append(SIMD4(floor.readUnits, floor.writeUnits, floor.egressBytes, 0))
            isDemanded .|= needs[place] .> SIMD4(repeating: 0)
        }
        let most = SIMD4<Double>(repeating: 1e12)
        let leximin = Leximin(
            needs: needs.map { need in pointwiseMin(need * scale, most) },
            floor: floors.map { floor in pointwiseMin(floor * scale, most) }
        )
        let found = leximin.rates() ?? []
        var least = found.min() ?? 0
        shares = []
        shares.reserveCapacity(order.count)
        for place in found.indices {
            // The base division makes the base's rate possible, whatever rounding says.
            let rate = max(found[place], 1)
            let share = pointwiseMax(floors[place], needs[place] * rate)
            if !(share.sum() < .infinity) { least = 0 }
            shares.append(
                ResourceVector(
                    cacheBytes: cache[place],
                    readUnits: share[0],
                    writeUnits: share[1],
                    egressBytes: share[2]
                )
            )
        }
        if found.isEmpty { shares = order.map { index in tenants[index].usableBase } }
        leastRate = least
        self.needs = needs
        self.isDemanded = isDemanded
    }

    /// The least of the throughputs with the shares, relative to those of the bases; 1 without participants.
    func leastRatio(_ shares: [ResourceVector], _ order: [Int]) -> Double {
        var least = Double.infinity
        for (place, index) in order.enumerated() {
            let share = SIMD4(shares[index].readUnits, shares[index].writeUnits, shares[index].egressBytes, 1)
            for row in 0..<3 where needs[place][row] > 0 { least = min(least, share[row] / needs[place][row]) }
        }
        return least < .infinity ? least : 1
    }
}
