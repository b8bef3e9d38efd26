internal import Alloc
internal import Glibc

/// Tenants with curves of one kind, the same in every run.
enum Tenants {
    enum Family: String, CaseIterable {
        case concave, mixed, cliff
    }

    private enum Shape: CaseIterable {
        case zipf, uniform, cliff, plateau, doubleCliff
    }

    private static let unit = 64 << 20

    /// So many tenants, with curves of so many points and bases that differ up to sixteenfold.
    static func make(_ family: Family, count: Int, points: Int = 64) -> [TenantProfile] {
        var random = Random(state: UInt64(count))
        let shapes: [Shape] =
            switch family {
            case .concave: [.zipf, .uniform]
            case .mixed: Shape.allCases
            case .cliff: [.cliff, .doubleCliff]
            }
        return (0..<count).map { _ in
            let size = exp2(random.number(-2, 2))
            let units = max(1, Int(Double(points) * random.number(0.1, 0.3) * size))
            let writes = random.pick([0, 0.02, 0.1, 0.3])
            return TenantProfile(
                base: ResourceVector(
                    cacheBytes: units * unit,
                    readUnits: 1_000 * size,
                    writeUnits: 1_000 * size,
                    egressBytes: 52_428_800 * size
                ),
                demand: Demand(
                    readUnits: (1 - writes) * random.pick([0.5, 1, 2, 4]),
                    writeUnits: writes,
                    egressBytes: random.pick([232, 900, 2_000, 5_000, 100_000])
                ),
                curve: curve(random.pick(shapes), points, &random),
                hitSaving: random.number(0, 0.9)
            )
        }
    }

    private static func curve(_ shape: Shape, _ points: Int, _ random: inout Random) -> MissRatioCurve {
        let span = Double(points)
        let (place, level) = (random.number(0.05, 0.95) * span, random.number(0.2, 0.8))
        let exponent = random.number(0.15, 0.9)
        let ratios = (1...points).map { point -> Double in
            let size = Double(point)
            switch shape {
            case .zipf: return 1.01 - pow(size / span, exponent)
            case .uniform: return 1.01 - size / span
            case .cliff: return size < place ? 0.95 : 0.01
            case .plateau: return size < place ? max(level, 1 - size / 4) : 0.01
            case .doubleCliff: return size < place * level ? 0.95 : size < place ? level : 0.01
            }
        }
        return MissRatioCurve(
            sizes: (1...points).map { point in point * unit },
            missRatios: ratios.map { ratio in min(1, ratio) }
        )
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func number(_ low: Double, _ high: Double) -> Double { Double.random(in: low..<high, using: &self) }
        mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &self)] }
    }
}
