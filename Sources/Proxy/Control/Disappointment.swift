import Glibc

/// How far decisions fell short of what was predicted: what another must predict beyond the threshold.
///
/// A decision may miss its mark because the curves near it were not known yet, so the first ones are free; with each
/// further one the next attempt is put off longer. So a curve that keeps promising what is not there moves nothing for long.
struct Disappointment: Sendable {
    /// Shortfalls in a row that cost nothing.
    private static let free = 2
    /// A shortfall that counts.
    private static let least = 0.02
    /// What the surcharge is multiplied by in an interval.
    private static let fading = 0.97

    /// Added to the threshold.
    private(set) var surcharge = 0.0
    private var failures = 0
    private var promise: (least: Double, mean: Double)?

    /// A decision with these ratios, by tenant, has been applied.
    mutating func promised(_ ratios: [Int: Double]) {
        promise = Self.figures(ratios)
    }

    /// The caches are where they should be, and these are the ratios.
    mutating func measured(_ ratios: [Int: Double]) {
        guard let promise, let figures = Self.figures(ratios) else { return }
        self.promise = nil
        note(max(promise.least / figures.least, promise.mean / figures.mean) - 1)
    }

    /// The decision had to be withdrawn.
    mutating func withdrawn() {
        guard let promise else { return }
        self.promise = nil
        note(max(promise.least, promise.mean) - 1)
    }

    /// Another interval has passed.
    mutating func fade() {
        var fading = Self.fading
        for _ in Self.free..<max(Self.free, min(failures, Self.free + 6)) { fading = fading.squareRoot() }
        surcharge *= fading
        if surcharge < 0.001 { surcharge = 0 }
    }

    private mutating func note(_ shortfall: Double) {
        guard shortfall > Self.least else {
            failures = 0
            return
        }
        failures += 1
        if failures > Self.free { surcharge = max(surcharge, shortfall) }
    }

    /// The least ratio, and their geometric mean.
    private static func figures(_ ratios: [Int: Double]) -> (least: Double, mean: Double)? {
        let usable = ratios.values.filter { $0.isFinite && $0 > 0 }
        guard let least = usable.min() else { return nil }
        let mean = usable.reduce(1) { product, ratio in product * pow(ratio, 1 / Double(usable.count)) }
        return (least, mean)
    }
}
