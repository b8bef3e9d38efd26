/// What everyone reaches with needs given: as much as all can together, then more for those who can still gain.
///
/// The needs are of three resources (RCU, WCU, egress) in parts of what there is. At each level the rate of those who are
/// free rises until a resource is used up; who needs more of it is frozen there. A level uses up at least one resource,
/// so there are at most three.
struct Leximin {
    typealias Needs = SIMD4<Double>

    /// Beyond this a rate counts as unlimited.
    static let unlimited = 1e9
    /// Of sums of many parts.
    private static let rounding = 1e-10
    private static let mostSteps = 64

    /// At the rate of the base.
    let needs: [Needs]
    let floor: [Needs]

    /// The rate that all who are free (`frozen` is 0) reach together; 0 if what the others have is too much already.
    ///
    /// The sums are convex and piecewise linear in the rate, so Newton's steps from above come down to it, at most one for
    /// each floor; in practice few.
    func level(_ frozen: [Double]) -> Double {
        var rate = Self.unlimited
        for _ in 0..<Self.mostSteps {
            var fixed = Needs(repeating: 0)
            var slope = fixed
            for index in needs.indices {
                if frozen[index] > 0 {
                    fixed += pointwiseMax(floor[index], needs[index] * frozen[index])
                } else {
                    let rises = needs[index] * rate .> floor[index]
                    fixed += floor[index].replacing(with: 0, where: rises)
                    slope += Needs(repeating: 0).replacing(with: needs[index], where: rises)
                }
            }
            var next = rate
            for row in 0..<3 where fixed[row] + slope[row] * rate > 1 {
                if slope[row] > 0 {
                    next = min(next, (1 - fixed[row]) / slope[row])
                } else if fixed[row] > 1 + Self.rounding {
                    return 0
                }
            }
            if next >= rate || next <= 0 { return max(0, next) }
            rate = next
        }
        return 0
    }

    /// Freezes at `rate` all who are free and need more of a resource that is then used up; all if there is none.
    ///
    /// Returns whether somebody is still free.
    func freeze(_ frozen: inout [Double], at rate: Double) -> Bool {
        var sum = Needs(repeating: 0)
        for index in needs.indices {
            sum += pointwiseMax(floor[index], needs[index] * (frozen[index] == 0 ? rate : frozen[index]))
        }
        let isUsed = sum .>= Needs(repeating: 1 - Self.rounding)
        var anyFrozen = false
        var anyFree = false
        for index in needs.indices where frozen[index] == 0 {
            let isAboveFloor = needs[index] * rate .>= floor[index] * (1 - Self.rounding)
            let isNeeded = (needs[index] .> Needs(repeating: 0)) .& isAboveFloor
            if rate >= Self.unlimited || any(isNeeded .& isUsed) {
                frozen[index] = rate
                anyFrozen = true
            } else {
                anyFree = true
            }
        }
        guard anyFree else { return false }
        if !anyFrozen {
            for index in needs.indices where frozen[index] == 0 { frozen[index] = rate }
            return false
        }
        return true
    }

    /// The rates of all; nil if the needs at no rate are met.
    func rates() -> [Double]? {
        var frozen = [Double](repeating: 0, count: needs.count)
        var last = 0.0
        for _ in 0..<4 {
            let rate = level(frozen)
            if rate < last { break }
            last = rate
            if !freeze(&frozen, at: rate) { break }
        }
        guard last > 0 else { return nil }
        return frozen.map { rate in rate > 0 ? rate : last }
    }
}
