import Glibc

/// How long something takes, in nanoseconds.
public enum Latency: Sendable, Equatable {
    /// Always the same.
    case fixed(UInt64)
    /// Anything between the two alike.
    case uniform(minimum: UInt64, maximum: UInt64)
    /// A lognormal distribution, as the latencies of services often are: half are below `median`, 99 of 100 below `p99`.
    case lognormal(median: UInt64, p99: UInt64)

    /// No time at all.
    public static let none = Self.fixed(0)

    /// The standard normal distribution's 99th percentile.
    private static let z99 = 2.326_347_874_040_841

    /// One draw, never more than ``ServiceModel/delayBounds`` allow.
    func sample(_ random: inout RandomBits) -> UInt64 {
        switch self {
        case .fixed(let time):
            return time
        case .uniform(let minimum, let maximum):
            return minimum < maximum ? .random(in: minimum...maximum, using: &random) : minimum
        case .lognormal(let median, let p99):
            // Box and Muller's transformation; 1 - fraction is never 0.
            let radius = (-2 * log(1 - random.fraction())).squareRoot()
            let normal = radius * cos(2 * .pi * random.fraction())
            guard median > 0 else { return 0 }
            let sigma = log(Double(max(median, p99)) / Double(median)) / Self.z99
            let time = Double(median) * exp(sigma * normal)
            let most = ServiceModel.delayBounds.upperBound
            return time < Double(most) ? UInt64(time) : most
        }
    }

    /// The longest of the times that describe it.
    var longest: UInt64 {
        switch self {
        case .fixed(let time): time
        case .uniform(let minimum, let maximum): max(minimum, maximum)
        case .lognormal(let median, let p99): max(median, p99)
        }
    }

    /// What is wrong with it; nil when nothing is.
    var problem: String? {
        switch self {
        case _ where !ServiceModel.delayBounds.contains(longest):
            "is longer than \(ServiceModel.delayBounds.upperBound / 1_000_000_000) seconds"
        case .uniform(let minimum, let maximum) where minimum > maximum:
            "has a minimum above its maximum"
        case .lognormal(let median, let p99) where median > p99:
            "has a median above its 99th percentile"
        case .lognormal(let median, _) where median == 0 && longest > 0:
            "has a median of 0"
        default:
            nil
        }
    }

    /// The nearest that has no problem.
    var bounded: Latency {
        let most = ServiceModel.delayBounds.upperBound
        switch self {
        case .fixed(let time):
            return .fixed(min(time, most))
        case .uniform(let minimum, let maximum):
            return .uniform(minimum: min(minimum, maximum, most), maximum: min(max(minimum, maximum), most))
        case .lognormal(let median, let p99):
            let median = min(median, most)
            return .lognormal(median: median, p99: median == 0 ? 0 : min(max(median, p99), most))
        }
    }
}
