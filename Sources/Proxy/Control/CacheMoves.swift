import Alloc

/// The next step on the way from the caches as they are to those that they should be.
struct CacheMoves {
    /// Most bytes that one cache grows or shrinks.
    var step: Int
    /// A cache that shrinks keeps at least this part of what it has, so that an error shows before it has cost much.
    static let kept = 0.75
    /// The least that is worth a step of its own.
    static let least = 64 << 10
    /// Bytes within which a cache is where it should be.
    static let tolerance = 4096

    /// Caches after the step: what shrinks gives what grows takes, so that the sum stays within `total`; `part` of the
    /// step is taken, in (0, 1].
    func next(_ current: [Int], _ target: [Int], total: Int, part: Double = 1) -> [Int] {
        let step = max(Self.least, Int(Double(step) * part))
        let gives = current.indices.map { index in
            let most = max(Self.least, Int(Double(current[index]) * (1 - Self.kept) * part))
            return min(max(0, current[index] - target[index]), step, most)
        }
        let takes = current.indices.map { index in min(max(0, target[index] - current[index]), step) }
        let wanted = takes.reduce(0, +)
        let free = total - current.reduce(0, +)
        let given: [Int]
        if wanted == 0 || free < 0 {
            // Nobody waits for it, or there is less than there was.
            given = gives
        } else {
            given = Self.parts(of: max(0, wanted - max(0, free)), gives)
        }
        let taken = Self.parts(of: max(0, free + given.reduce(0, +)), takes)
        return current.indices.map { index in current[index] - given[index] + taken[index] }
    }

    /// Divides `amount` in proportion to what each may have at most.
    private static func parts(of amount: Int, _ most: [Int]) -> [Int] {
        let sum = most.reduce(0, +)
        guard amount < sum else { return most }
        var left = amount
        var open = sum
        return most.map { most in
            guard open > 0 else { return 0 }
            let part = min(left, min(most, Int((Double(left) * (Double(most) / Double(open))).rounded())))
            left -= part
            open -= most
            return part
        }
    }

    /// Whether a cache is where it should be.
    static func isThere(_ current: Int, _ target: Int) -> Bool { abs(current - target) <= tolerance }
}
