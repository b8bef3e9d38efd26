/// Counts of latencies in buckets whose width is at most a thousandth of what they hold: 3 significant digits.
///
/// Log-linear, as Gil Tene's HdrHistogram: up to 2048 ns a bucket for each nanosecond, above that 1024 buckets for each
/// doubling, up to 2^40 ns (18 minutes), where longer ones are counted too. Takes memory only from its smallest to its
/// largest value.
public struct LatencyHistogram: Sendable {
    private static let linearBits = 10
    private static let half = 1 << linearBits
    private static let largest: UInt64 = 1 << 40

    /// Of the buckets from `first` on.
    private var counts: [UInt64] = []
    private var first = 0
    /// Latencies counted.
    public private(set) var count: UInt64 = 0
    /// The shortest, exactly; 0 when there is none.
    public private(set) var minimum: UInt64 = 0
    /// The longest, exactly; 0 when there is none.
    public private(set) var maximum: UInt64 = 0
    private var sum = 0.0

    /// An empty histogram.
    public init() {}

    /// The arithmetic mean; 0 when there is none.
    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// Counts a latency in nanoseconds.
    public mutating func record(_ latency: UInt64) {
        record(latency, times: 1)
    }

    /// Counts a latency, and those that were left out while it lasted.
    ///
    /// A connection that should have sent a request every `expectedInterval` sent none meanwhile; they would have waited
    /// one interval less each (HdrHistogram's `recordValueWithExpectedInterval`).
    public mutating func record(_ latency: UInt64, expectedInterval: UInt64) {
        record(latency)
        guard expectedInterval > 0, latency > expectedInterval else { return }
        var missing = latency - expectedInterval
        // A million is enough to tell that the interval was chosen wrongly.
        var rest = 1_000_000
        while missing >= expectedInterval, rest > 0 {
            record(missing)
            missing -= expectedInterval
            rest -= 1
        }
    }

    /// Adds another's counts.
    public mutating func merge(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        reserve(other.first)
        reserve(other.first + other.counts.count - 1)
        for index in other.counts.indices { counts[other.first - first + index] += other.counts[index] }
        minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        count += other.count
        sum += other.sum
    }

    /// The latency that a part of all do not exceed: the upper end of its bucket; 0 when there is none.
    public func quantile(_ part: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = UInt64(max(1, min(Double(count), (part * Double(count)).rounded(.up))))
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            if seen >= wanted { return min(max(Self.highest(in: first + index), minimum), maximum) }
        }
        return maximum
    }

    /// The percentile distribution as HdrHistogram writes it (`.hgrm`), in microseconds.
    public func percentileText() -> String {
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        var part = 0.0
        var step = 0.1
        while count > 0 {
            let value = quantile(part)
            let total = UInt64((part * Double(count)).rounded(.up))
            text += Self.columns(value, part, max(1, total))
            guard value < maximum, part < 1 else { break }
            if 1 - part <= 5 * step { step /= 2 }
            part = min(1, part + step)
        }
        if count > 0 { text += Self.columns(maximum, 1, count) }
        text += "#[Mean = \(Decimals.text(mean / 1_000, 3)), Max = \(Decimals.text(Double(maximum) / 1_000, 3))]\n"
        return text + "#[Total count = \(count)]\n"
    }

    private static func columns(_ value: UInt64, _ part: Double, _ total: UInt64) -> String {
        let inverse = part < 1 ? Decimals.text(1 / (1 - part), 2) : "inf"
        return Decimals.padded(Decimals.text(Double(value) / 1_000, 3), 12) + " "
            + Decimals.padded(Decimals.text(part, 12), 14) + " " + Decimals.padded("\(total)", 10) + " "
            + Decimals.padded(inverse, 14) + "\n"
    }

    private mutating func record(_ latency: UInt64, times: UInt64) {
        let index = Self.index(of: min(latency, Self.largest))
        reserve(index)
        counts[index - first] += times
        minimum = count == 0 ? latency : min(minimum, latency)
        maximum = max(maximum, latency)
        count += times
        sum += Double(latency) * Double(times)
    }

    /// Makes room for a bucket, and for its doubling.
    private mutating func reserve(_ index: Int) {
        let start = index / Self.half * Self.half
        if counts.isEmpty { first = start }
        if start < first {
            counts.insert(contentsOf: repeatElement(0, count: first - start), at: 0)
            first = start
        }
        let missing = start + Self.half - first - counts.count
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
    }

    /// 0...2047 are themselves; from there on the bucket follows from the highest 11 bits.
    private static func index(of latency: UInt64) -> Int {
        guard latency >= UInt64(2 * half) else { return Int(latency) }
        let shift = 63 - latency.leadingZeroBitCount - linearBits
        return shift * half + Int(latency >> UInt64(shift))
    }

    private static func highest(in index: Int) -> UInt64 {
        guard index >= 2 * half else { return UInt64(index) }
        let shift = index / half - 1
        return (UInt64(index - shift * half) + 1) << UInt64(shift) - 1
    }
}
