import Alloc
import Glibc

/// Random sets of tenants of the shapes that allocators stumble over.
///
/// Sizes are whole units, so that a grid has them all.
struct OptimalTenants {
    static let unit = 64 << 20

    enum Shape: CaseIterable {
        case zipf, uniform, cliff, plateau, doubleCliff, staircase
    }

    enum Family: String, CaseIterable {
        case concave, cliff, plateau, doubleCliff, mixed, writeBound, networkBound, readOrNetwork

        var shapes: [Shape] {
            switch self {
            case .concave: [.zipf, .zipf, .uniform]
            case .cliff: [.cliff]
            case .plateau: [.plateau, .plateau, .zipf]
            case .doubleCliff: [.doubleCliff, .staircase]
            case .mixed: Shape.allCases
            case .writeBound, .networkBound, .readOrNetwork: [.zipf, .cliff, .plateau, .doubleCliff]
            }
        }
    }

    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed &* 0x5851_F42D_4C95_7F2D) }

    /// Tenants of a family, half of the sets with bases that differ up to sixteenfold.
    mutating func set(_ family: Family, count: Int, points: Int, floors: Bool = false) -> [TenantProfile] {
        let areAlike = random.below(2) == 0
        return (0..<count).map { _ in
            let size = areAlike ? 1 : exp2(random.number(-2, 2))
            let units = max(1, Int(Double(points) * random.number(0.2, 0.6) * (areAlike ? 1 : size / 2)))
            return tenant(family, size: size, units: units, points: points, floors: floors)
        }
    }

    mutating func tenant(
        _ family: Family,
        size: Double,
        units: Int,
        points: Int,
        floors: Bool = false
    ) -> TenantProfile {
        let writes =
            family == .writeBound ? random.pick([0, 0, 0.4, 0.6, 0.8, 1]) : random.pick([0, 0.02, 0.1, 0.3])
        let reads = (1 - writes) * random.pick([0.5, 1, 2, 4])
        var egress = random.pick([232.0, 900, 2_000, 5_000])
        var saving = random.number(0, 0.9)
        if family == .networkBound {
            egress = random.pick([2_000, 60_000, 100_000, 200_000, 400_000])
            saving = random.pick([0, random.number(0.3, 0.95)])
        } else if family == .readOrNetwork {
            egress = reads * 52_000 * random.number(0.3, 3)
            saving = random.number(0.3, 0.99)
        }
        let base = ResourceVector(
            cacheBytes: units * Self.unit,
            readUnits: 1_000 * size,
            writeUnits: 1_000 * size * (family == .writeBound ? 0.5 : 1),
            egressBytes: 52_428_800 * size
        )
        var floor = ResourceVector()
        if floors {
            floor = ResourceVector(
                cacheBytes: random.below(min(units, 2) + 1) * Self.unit,
                readUnits: base.readUnits * random.pick([0, 0.005, 0.1, 0.5]),
                writeUnits: 10,
                egressBytes: base.egressBytes * random.pick([0, 0.01, 0.2])
            )
        }
        let shape = random.pick(family.shapes)
        return TenantProfile(
            base: base,
            floor: floor,
            demand: Demand(readUnits: reads, writeUnits: writes, egressBytes: egress),
            curve: curve(shape, points: points),
            hitSaving: saving
        )
    }

    mutating func curve(_ shape: Shape, points: Int) -> MissRatioCurve {
        let span = Double(points)
        var ratio: (Double) -> Double
        switch shape {
        case .zipf:
            let (exponent, full) = (random.number(0.15, 0.9), random.number(0.5, 2) * span)
            let tail = random.pick([0, 0.01, 0.05])
            ratio = { size in max(tail, 1 - pow(min(1, size / full), exponent)) }
        case .uniform:
            let full = random.number(0.3, 2) * span
            ratio = { size in max(0, 1 - size / full) }
        case .plateau:
            let (level, knee) = (random.number(0.3, 0.8), random.number(0.02, 0.15) * span)
            let (end, low) = (random.number(0.05, 0.95) * span, random.pick([0, 0.01, random.number(0, 0.2)]))
            ratio = { size in size >= end ? min(low, level) : max(level, 1 - (1 - level) * size / knee) }
        case .cliff, .doubleCliff, .staircase:
            let steps = shape == .cliff ? 1 : shape == .doubleCliff ? 2 : 3 + random.below(4)
            let top = random.number(0.7, 1)
            let places = (0..<steps).map { _ in random.number(0.05, 0.95) * span }.sorted()
            var levels = [top]
            for step in 0..<steps {
                let isLast = step == steps - 1
                let low = isLast ? random.pick([0, 0.01]) : levels[step] * random.number(0.2, 0.9)
                levels.append(min(levels[step], low))
            }
            ratio = { size in levels[places.prefix { place in place <= size }.count] }
        }
        let sizes = (1...points).map { point in point * Self.unit }
        return MissRatioCurve(sizes: sizes, missRatios: (1...points).map { point in ratio(Double(point)) })
    }
}

/// A small generator of random numbers (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ low: Double, _ high: Double) -> Double { Double.random(in: low..<high, using: &self) }
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
}

extension [TenantProfile] {
    /// What each tenant's throughput with its share is of that with its base; nil without one to compare with.
    func ratios(_ allocation: Allocation) -> [Double?] {
        zip(self, allocation.shares).map { tenant, share in
            let base = tenant.baseThroughput
            return base > 0 && base < .infinity ? tenant.throughput(with: share) / base : nil
        }
    }

    /// The least of these.
    func leastRatio(_ allocation: Allocation) -> Double {
        ratios(allocation).reduce(.infinity) { least, ratio in Swift.min(least, ratio ?? .infinity) }
    }
}
