/// The policy that gives each tenant its base share, whatever it does.
public enum StaticPolicy {
    /// Divides a total among tenants by weight, none below its floor.
    ///
    /// Each tenant's amount is the larger of its floor and its part, by weight, of what the tenants above their floors
    /// have together. Where the floors alone exceed the total, the total is divided in proportion to the floors.
    ///
    /// - Returns: one vector for each share, in order. Bytes of cache sum to the total exactly (largest remainder, the
    ///   earlier tenant first among equals); rates up to rounding. Where every weight is 0, all count as equal.
    public static func divide(_ total: ResourceVector, among shares: [TenantShare]) -> [ResourceVector] {
        let weights = usable(shares.map(\.weight))
        let cache = wholeParts(
            of: max(0, total.cacheBytes),
            in: parts(of: Double(max(0, total.cacheBytes)), weights, floors: shares.map { Double($0.floor.cacheBytes) })
        )
        let reads = parts(of: total.readUnits, weights, floors: shares.map(\.floor.readUnits))
        let writes = parts(of: total.writeUnits, weights, floors: shares.map(\.floor.writeUnits))
        let egress = parts(of: total.egressBytes, weights, floors: shares.map(\.floor.egressBytes))
        return shares.indices.map { index in
            ResourceVector(
                cacheBytes: cache[index],
                readUnits: reads[index],
                writeUnits: writes[index],
                egressBytes: egress[index]
            )
        }
    }

    /// Divides one resource by weight with floors; `weights` are usable.
    static func parts(of total: Double, _ weights: [Double], floors: [Double]) -> [Double] {
        let total = amount(total)
        let floors = floors.map(amount)
        let floorSum = floors.reduce(0, +)
        guard floorSum < total else {
            return floorSum > 0 ? floors.map { floor in total * (floor / floorSum) } : floors
        }
        // Whoever's part is below its floor is held at the floor, which leaves less for the others, so that others may
        // fall below theirs: at most as many rounds as tenants.
        var parts = floors
        var open = Array(weights.indices)
        var rest = total
        while !open.isEmpty {
            let weightSum = open.reduce(0) { sum, index in sum + weights[index] }
            guard weightSum > 0 else { break }
            let held = open.filter { index in rest * (weights[index] / weightSum) < floors[index] }
            if held.isEmpty {
                for index in open { parts[index] = rest * (weights[index] / weightSum) }
                break
            }
            rest -= held.reduce(0) { sum, index in sum + floors[index] }
            open.removeAll { index in held.contains(index) }
        }
        return parts
    }

    /// Rounds parts to whole numbers that sum to `total`, by the largest remainder.
    static func wholeParts(of total: Int, in parts: [Double]) -> [Int] {
        guard !parts.isEmpty else { return [] }
        var whole = parts.map { part in min(total, Int(exactly: part.rounded(.down)) ?? total) }
        // Above 2^53 a Double is no longer exact, and parts may sum to more than the total: take back from the last.
        var missing = whole.reduce(total, -)
        for index in whole.indices.reversed() where missing < 0 {
            let taken = min(whole[index], -missing)
            whole[index] -= taken
            missing += taken
        }
        let byRemainder = parts.indices.sorted { one, other in
            let (first, second) = (parts[one] - parts[one].rounded(.down), parts[other] - parts[other].rounded(.down))
            return first != second ? first > second : one < other
        }
        let (each, extra) = missing.quotientAndRemainder(dividingBy: parts.count)
        for (rank, index) in byRemainder.enumerated() { whole[index] += each + (rank < extra ? 1 : 0) }
        return whole
    }

    /// The weights with what cannot be used as 0, scaled so that no sum overflows; all 1 when nothing is left.
    private static func usable(_ weights: [Double]) -> [Double] {
        let weights = weights.map(amount)
        let largest = weights.max() ?? 0
        return largest > 0 ? weights.map { weight in weight / largest } : weights.map { _ in 1 }
    }

    private static func amount(_ value: Double) -> Double {
        value.isFinite && value > 0 ? value : 0
    }
}
