/// The resources that are rates: what a `ResourceVector` has besides cache.
struct Rates {
    var readUnits: Double
    var writeUnits: Double
    var egressBytes: Double

    static let zero = Rates(readUnits: 0, writeUnits: 0, egressBytes: 0)

    init(readUnits: Double, writeUnits: Double, egressBytes: Double) {
        self.readUnits = readUnits
        self.writeUnits = writeUnits
        self.egressBytes = egressBytes
    }

    init(_ vector: ResourceVector) {
        self.init(readUnits: vector.readUnits, writeUnits: vector.writeUnits, egressBytes: vector.egressBytes)
    }

    /// What `combine` makes of each resource of the two.
    @inline(__always)
    static func each(_ one: Rates, _ other: Rates, _ combine: (Double, Double) -> Double) -> Rates {
        Rates(
            readUnits: combine(one.readUnits, other.readUnits),
            writeUnits: combine(one.writeUnits, other.writeUnits),
            egressBytes: combine(one.egressBytes, other.egressBytes)
        )
    }

    static func + (one: Rates, other: Rates) -> Rates { each(one, other, +) }
    static func - (one: Rates, other: Rates) -> Rates { each(one, other, -) }
    static func * (rates: Rates, factor: Double) -> Rates { each(rates, rates) { rate, _ in rate * factor } }

    func vector(cacheBytes: Int) -> ResourceVector {
        ResourceVector(
            cacheBytes: cacheBytes,
            readUnits: readUnits,
            writeUnits: writeUnits,
            egressBytes: egressBytes
        )
    }

    /// Whether all three are amounts: not negative, and finite.
    var areAmounts: Bool { least >= 0 && (readUnits + writeUnits + egressBytes) < .infinity }

    /// The least of the three.
    var least: Double {
        var least = readUnits
        if writeUnits < least { least = writeUnits }
        if egressBytes < least { least = egressBytes }
        return least
    }

    /// How often `need` fits in for each resource; infinitely often where nothing is needed, also in nothing.
    func ratios(to need: Rates) -> Rates {
        Self.each(self, need) { rate, need in need > 0 ? rate / need : .infinity }
    }
}
