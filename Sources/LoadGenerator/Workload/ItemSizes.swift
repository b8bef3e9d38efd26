private import Glibc

/// How large items are, in bytes as DynamoDB counts them: names and values.
///
/// An item's size follows from its key, so that whoever writes it writes the same.
public enum ItemSizes: Sendable, Equatable {
    /// All alike.
    case fixed(Int)
    /// Anything from the one to the other.
    case uniform(Int, Int)
    /// Lognormal, by its median and its 99th percentile.
    case lognormal(median: Int, p99: Int)

    /// DynamoDB's limit.
    public static let largest = 400 << 10

    /// Parses `500`, `uniform:100-1000` or `lognormal:500:8000`.
    public init(_ text: String) throws(PlanError) {
        let (name, argument) = Fields.split(text, at: ":")
        let sizes: [Int]
        switch (name, argument) {
        case ("uniform", let argument?):
            let (low, high) = Fields.split(argument, at: "-")
            sizes = [Int(low) ?? 0, Int(high ?? "") ?? 0]
            self = .uniform(sizes[0], sizes[1])
        case ("lognormal", let argument?):
            let (median, p99) = Fields.split(argument, at: ":")
            sizes = [Int(median) ?? 0, Int(p99 ?? "") ?? 0]
            self = .lognormal(median: sizes[0], p99: sizes[1])
        default:
            sizes = [Int(text) ?? 0]
            self = .fixed(sizes[0])
        }
        guard sizes == sizes.sorted(), sizes.allSatisfy({ (1...Self.largest).contains($0) }) else {
            throw PlanError(
                "size '\(text)' is none of BYTES, uniform:LOW-HIGH, lognormal:MEDIAN:P99 (bytes, 1 to \(Self.largest))"
            )
        }
    }

    /// The size of the key's item.
    func size(of key: Int, seed: UInt64) -> Int {
        let word = RandomSource.mix(UInt64(truncatingIfNeeded: key) &* 0x9E37_79B9_7F4A_7C15 ^ seed)
        switch self {
        case .fixed(let size): return size
        case .uniform(let low, let high):
            return low + Int(truncatingIfNeeded: word.multipliedFullWidth(by: UInt64(max(0, high - low) + 1)).high)
        case .lognormal(let median, let p99):
            // Box and Muller (1958); 2.326 is the normal distribution's 99th percentile.
            let one = (Double(word >> 40) + 1) * 0x1p-24
            let other = Double(word & 0xFF_FFFF) * 0x1p-24
            let normal = (-2 * log(one)).squareRoot() * cos(2 * .pi * other)
            let size = exp(log(Double(median)) + log(Double(p99) / Double(median)) / 2.326_347_9 * normal)
            return Int(min(max(1, size.rounded()), Double(Self.largest)))
        }
    }
}
