/// Why a size or a duration could not be understood.
struct UnitProblem: Error, Equatable {
    var problem: String
    var remedy: String
}

/// Sizes and durations as people write them.
enum Units {
    private static let sizeUnits: [String: Double] = [
        "b": 1,
        "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
        "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    private static let durationUnits: [String: Double] = [
        "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9,
    ]
    private static let sizeRemedy = "write for example 64MiB, 1GB or a plain number of bytes"
    private static let durationRemedy = "write for example 5m, 30s, 250ms or 0"

    /// Bytes of `64MiB`, `1.5GB`, `1048576`.
    ///
    /// Upper and lower case do not matter; a space before the unit may stand.
    static func size(_ text: String) throws(UnitProblem) -> Int {
        var rest = text[...]
        let number = try nonNegative(&rest, remedy: sizeRemedy)
        let unit = rest.drop { $0 == " " }.lowercased()
        guard let factor = unit.isEmpty ? 1 : sizeUnits[unit] else {
            let known = ["k", "m", "g", "t"].contains(unit)
            throw UnitProblem(
                problem: known ? "has the ambiguous unit '\(unit.uppercased())'" : "is not a size",
                remedy: known
                    ? "write \(unit.uppercased())iB for powers of 1024 or \(unit.uppercased())B of 1000" : sizeRemedy
            )
        }
        guard number * factor <= 1e15 else { throw UnitProblem(problem: "is too large", remedy: sizeRemedy) }
        return Int((number * factor).rounded())
    }

    /// Nanoseconds of `5m`, `1m30s`, `250ms`, `0`.
    static func duration(_ text: String) throws(UnitProblem) -> UInt64 {
        var rest = text[...]
        var total = 0.0
        repeat {
            let number = try nonNegative(&rest, remedy: durationRemedy)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            if unit.isEmpty {
                if number == 0, total == 0, rest.isEmpty { return 0 }
                throw UnitProblem(problem: rest.isEmpty ? "has no unit" : "is not a duration", remedy: durationRemedy)
            }
            guard let factor = durationUnits[String(unit)] else {
                throw UnitProblem(problem: "is not a duration", remedy: durationRemedy)
            }
            total += number * factor
        } while !rest.isEmpty
        guard total <= 3650 * 86_400e9 else { throw UnitProblem(problem: "is too long", remedy: durationRemedy) }
        return UInt64(total.rounded())
    }

    /// The shortest way to write a size.
    static func text(size: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where size >> shift > 0 {
            if size & ((1 << shift) - 1) == 0 { return "\(size >> shift)\(unit)" }
        }
        return "\(size)"
    }

    /// With one decimal, for people.
    static func approximateText(size: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where size >> shift > 0 {
            let tenths = (Double(size) / Double(1 << shift) * 10).rounded() / 10
            return tenths == tenths.rounded() ? "\(Int(tenths))\(unit)" : "\(tenths)\(unit)"
        }
        return "\(size)B"
    }

    /// The shortest way to write a duration.
    static func text(duration: UInt64) -> String {
        let units: [(String, UInt64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
        ]
        for (unit, factor) in units where duration >= factor && duration % factor == 0 {
            return "\(duration / factor)\(unit)"
        }
        return duration == 0 ? "0" : "\(duration)ns"
    }

    /// A rate with at most three decimals.
    static func text(rate: Double) -> String {
        let rounded = (rate * 1000).rounded() / 1000
        return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
    }

    /// `5%` of 0.05.
    static func text(percent ratio: Double) -> String { "\(text(rate: ratio * 100))%" }

    private static func nonNegative(_ rest: inout Substring, remedy: String) throws(UnitProblem) -> Double {
        if rest.hasPrefix("-") { throw UnitProblem(problem: "is negative", remedy: remedy) }
        let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
        // Double alone would also take "1e9", "inf" and hexadecimal.
        guard digits.count <= 20, let number = Double(digits) else {
            throw UnitProblem(problem: "does not begin with a number", remedy: remedy)
        }
        rest = rest.dropFirst(digits.count)
        return number
    }
}

extension Configuration {
    /// Bytes of a size as the file may say it: `64MiB`, `1.5GB`, `65536`; nil for anything else.
    public static func bytes(_ text: String) -> Int? {
        try? Units.size(text)
    }
}
