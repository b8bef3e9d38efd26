import Cache

/// How much of what a cache holds is entries: the rest is what overwritten and dropped ones have left behind, and segments
/// that are not full.
///
/// A miss-ratio curve knows entries only. What it says of a size is true of a cache that is somewhat larger.
struct Occupancy: Sendable {
    /// Bytes of an entry beside its key and value.
    private static let overhead = 32
    /// What curves count for it already.
    private static let counted = 0.03
    /// Of a cache that was never full nothing is known: with some writes it is about this.
    private static let assumed = 0.8
    /// The part of its budget that a full cache holds.
    private static let full = 0.9
    private static let least = 0.5

    /// The part of a full cache's bytes that is entries.
    private(set) var part = assumed

    /// Takes note of what a cache of that budget holds; one that is not full tells nothing.
    mutating func note(_ usage: Usage, budget: Int) {
        guard usage.bytes > 0, Double(usage.bytes) >= Double(budget) * Self.full else { return }
        let entries = Double(usage.payload) + Double(usage.items * Self.overhead)
        let part = min(1, max(Self.least, entries / Double(usage.bytes) + Self.counted))
        self.part += (part - self.part) / 2
    }

    /// The curve in terms of what a cache holds.
    func applied(to curve: MissRatioCurve) -> MissRatioCurve {
        var curve = curve
        curve.sizes = curve.sizes.map { size in Int(Double(size) / part) }
        curve.footprint = Int(Double(curve.footprint) / part)
        return curve
    }
}
