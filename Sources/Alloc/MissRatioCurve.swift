/// Which part of a tenant's read demand would miss in caches of different sizes.
///
/// The arrays are parallel. Between sizes the curve is interpolated linearly, below the first from 1 at size 0, and above
/// the last it stays. A curve of no points is 1 everywhere.
public struct MissRatioCurve: Sendable, Equatable {
    /// Sizes of a cache in bytes, above 0, ascending.
    public let sizes: [Int]
    /// The part that misses, in [0, 1], not increasing.
    public let missRatios: [Double]

    /// A curve through the given points, which are taken as they are.
    public init(sizes: [Int], missRatios: [Double]) {
        precondition(sizes.count == missRatios.count, "as many sizes as ratios")
        self.sizes = sizes
        self.missRatios = missRatios
    }

    /// The part that misses in a cache of so many bytes.
    ///
    /// The order of operations is that of HopperKV's `MissRatioCurve::interpolate`, to the last bit.
    public func missRatio(at bytes: Int) -> Double {
        let next = firstSize(notBelow: bytes)
        guard next < sizes.count else { return missRatios.last ?? 1 }
        if sizes[next] == bytes { return missRatios[next] }
        let (size, ratio) = next == 0 ? (0, 1) : (sizes[next - 1], missRatios[next - 1])
        let below = bytes - size
        let above = sizes[next] - bytes
        let total = Double(below + above)
        return ratio * (Double(above) / total) + missRatios[next] * (Double(below) / total)
    }

    /// The index of the first size that is not below `bytes`; the count of sizes if there is none.
    private func firstSize(notBelow bytes: Int) -> Int {
        var low = 0
        var high = sizes.count
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle] < bytes { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
