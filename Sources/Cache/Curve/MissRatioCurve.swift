internal import Glibc

/// What a store would miss at other sizes.
///
/// The arrays are parallel. Between sizes the curve is interpolated; below the first it rises to 1 at size 0, above the last,
/// which holds all that was asked for, it stays.
public struct MissRatioCurve: Sendable, Equatable {
    /// Budgets in bytes, ascending.
    public var sizes: [Int] = []
    /// Missed read requests, of all: not increasing.
    public var missRatio: [Double] = []
    /// Missed RCU, of all asked for: not increasing.
    public var readUnitMissRatio: [Double] = []
    /// Missed bytes, of all asked for: not increasing.
    public var byteMissRatio: [Double] = []
    /// The standard error of `missRatio`, from four sub-samples of the keys: 0 while all keys are sampled.
    public var error: [Double] = []
    /// Reads seen, decayed as they were.
    public var reads = 0.0
    /// Reads of sampled keys among them.
    public var sampledReads = 0.0
    /// RCU asked for, estimated.
    public var readUnits = 0.0
    /// Bytes asked for, estimated.
    public var bytes = 0.0
    /// The part of the keys that is sampled.
    public var samplingRate = 1.0
    /// The budget that holds all keys the simulation knows of, estimated.
    public var footprint = 0

    /// A curve that knows nothing.
    public init() {}

    /// The ratio of missed requests at a budget, 1 when nothing is known.
    public func missRatio(at bytes: Int) -> Double {
        Self.value(of: missRatio, sizes, at: Double(bytes), atZero: 1)
    }

    /// The ratio of missed RCU at a budget.
    public func readUnitMissRatio(at bytes: Int) -> Double {
        Self.value(of: readUnitMissRatio, sizes, at: Double(bytes), atZero: 1)
    }

    /// The ratio of missed bytes at a budget.
    public func byteMissRatio(at bytes: Int) -> Double {
        Self.value(of: byteMissRatio, sizes, at: Double(bytes), atZero: 1)
    }

    /// The standard error of the ratio of missed requests at a budget.
    public func error(at bytes: Int) -> Double {
        guard let first = sizes.first, let last = sizes.last else { return 1 }
        if bytes <= first { return error[0] }
        if bytes >= last { return error[error.count - 1] }
        let next = sizes.firstIndex { size in size > bytes } ?? sizes.count - 1
        return max(error[next - 1], error[next])
    }

    /// Bends the curve through a measured miss ratio at a budget: hits below it, misses above it keep their proportions.
    mutating func anchor(at budget: Double, _ measured: Double) {
        let estimate = Self.value(of: missRatio, sizes, at: budget, atZero: 1)
        let missFactor = estimate > 0 ? measured / estimate : 1
        let hitFactor = estimate < 1 ? (1 - measured) / (1 - estimate) : 1
        func bend(_ ratio: Double, _ size: Int) -> Double {
            let bent = Double(size) >= budget ? ratio * missFactor : 1 - (1 - ratio) * hitFactor
            return min(max(bent, 0), 1)
        }
        for index in sizes.indices {
            missRatio[index] = bend(missRatio[index], sizes[index])
            readUnitMissRatio[index] = bend(readUnitMissRatio[index], sizes[index])
            byteMissRatio[index] = bend(byteMissRatio[index], sizes[index])
        }
        guard let next = sizes.firstIndex(where: { size in Double(size) >= budget }) else { return }
        if Double(sizes[next]) > budget * 1.02, next == 0 || Double(sizes[next - 1]) < budget * 0.98 {
            // A point of its own, so that interpolation passes through it.
            let ratio = min(measured, next > 0 ? missRatio[next - 1] : 1)
            let units = Self.value(of: readUnitMissRatio, sizes, at: budget, atZero: 1)
            let bytes = Self.value(of: byteMissRatio, sizes, at: budget, atZero: 1)
            let error = error(at: Int(budget))
            sizes.insert(Int(budget), at: next)
            missRatio.insert(max(ratio, missRatio[next]), at: next)
            readUnitMissRatio.insert(units, at: next)
            byteMissRatio.insert(bytes, at: next)
            self.error.insert(error, at: next)
        }
    }

    /// Interpolation that keeps the curve monotone (Fritsch and Carlson, 1980), over the logarithm of the size.
    private static func value(of ratios: [Double], _ sizes: [Int], at size: Double, atZero: Double) -> Double {
        guard let first = sizes.first, size > 0 else { return atZero }
        let last = sizes.count - 1
        if size >= Double(sizes[last]) { return ratios[last] }
        if size <= Double(first) {
            // Hits grow like a power of the size, at the pace of the first two points.
            let hits = 1 - ratios[0]
            var power = 1.0
            if last > 0, hits > 0, ratios[1] < ratios[0] {
                power = log((1 - ratios[1]) / hits) / log(Double(sizes[1]) / Double(first))
            }
            return 1 - hits * pow(size / Double(first), min(max(power, 0.3), 1))
        }
        var low = 0
        var high = last
        while high - low > 1 {
            let middle = (low + high) / 2
            if Double(sizes[middle]) <= size { low = middle } else { high = middle }
        }
        func place(_ index: Int) -> Double { log(Double(max(1, sizes[index]))) }
        func slope(_ index: Int) -> Double {
            (ratios[index + 1] - ratios[index]) / max(place(index + 1) - place(index), 1e-12)
        }
        func tangent(_ index: Int) -> Double {
            if index == 0 || index == last { return slope(index == 0 ? 0 : last - 1) }
            let (before, after) = (slope(index - 1), slope(index))
            guard before * after > 0 else { return 0 }
            let (left, right) = (place(index) - place(index - 1), place(index + 1) - place(index))
            let (one, two) = (2 * right + left, right + 2 * left)
            return (one + two) / (one / before + two / after)
        }
        let width = max(place(high) - place(low), 1e-12)
        let part = (log(size) - place(low)) / width
        let (begin, end) = (tangent(low) * width, tangent(high) * width)
        let (square, cube) = (part * part, part * part * part)
        let value =
            (2 * cube - 3 * square + 1) * ratios[low] + (cube - 2 * square + part) * begin
            + (3 * square - 2 * cube) * ratios[high] + (cube - square) * end
        return min(max(value, ratios[high]), ratios[low])
    }
}
