private import Glibc

/// Ranks 1...count with probabilities proportional to 1 / rank^exponent, in constant time and without tables.
///
/// Rejection-inversion (Hoermann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions", 1996). Any exponent above 0, also 1.
struct ZipfSampler: Sendable {
    let count: Int
    private let exponent: Double
    private let integralAtOneAndHalf: Double
    private let integralAtEnd: Double
    private let shortcut: Double

    init(count: Int, exponent: Double) {
        self.count = max(1, count)
        self.exponent = exponent
        integralAtOneAndHalf = Self.integral(1.5, exponent) - 1
        integralAtEnd = Self.integral(Double(self.count) + 0.5, exponent)
        shortcut = 2 - Self.inverse(Self.integral(2.5, exponent) - Self.density(2, exponent), exponent)
    }

    /// A rank.
    func next(_ random: inout RandomSource) -> Int {
        while true {
            let place = integralAtEnd + random.unit() * (integralAtOneAndHalf - integralAtEnd)
            let x = Self.inverse(place, exponent)
            let rank = min(max(1, (x + 0.5).rounded(.down)), Double(count))
            if rank - x <= shortcut
                || place >= Self.integral(rank + 0.5, exponent) - Self.density(rank, exponent)
            {
                return Int(rank)
            }
        }
    }

    /// 1 / x^exponent.
    private static func density(_ x: Double, _ exponent: Double) -> Double {
        exp(-exponent * log(x))
    }

    /// The density's integral from 1 to x: (x^(1 - exponent) - 1) / (1 - exponent), or log x.
    private static func integral(_ x: Double, _ exponent: Double) -> Double {
        let logarithm = log(x)
        return expm1OverX((1 - exponent) * logarithm) * logarithm
    }

    private static func inverse(_ y: Double, _ exponent: Double) -> Double {
        let t = max(-1, y * (1 - exponent))
        return exp(log1pOverX(t) * y)
    }

    private static func expm1OverX(_ x: Double) -> Double {
        abs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2 * (1 + x / 3)
    }

    private static func log1pOverX(_ x: Double) -> Double {
        abs(x) > 1e-8 ? log1p(x) / x : 1 - x * (1.0 / 2 - x * (1.0 / 3))
    }
}
