/// Draws keys, numbered from 0, as a distribution says.
struct KeyChooser {
    private enum Kind {
        case zipf(ZipfSampler)
        case scrambled(ZipfSampler, seed: UInt64)
        case uniform
        case scan
        case latest(ZipfSampler)
        case hotspot(hot: Int, requests: Double)
    }

    /// YCSB's number of ranks for `scrambled`.
    private static let ranks = 10_000_000_000

    private let kind: Kind
    private let keys: Int
    private let spread: Spread
    private var position: Int

    /// `keys`: how many there are at first; `part` of `parts`: where a scan begins, so that those of several threads are
    /// apart; `seed` decides which keys are popular.
    init(_ distribution: KeyDistribution, keys: Int, part: Int = 0, parts: Int = 1, seed: UInt64) {
        self.keys = max(1, keys)
        spread = Spread(count: self.keys, seed: seed)
        position = self.keys / max(1, parts) * part
        switch distribution {
        case .zipf(let exponent): kind = .zipf(ZipfSampler(count: self.keys, exponent: exponent))
        case .scrambled(let exponent):
            kind = .scrambled(ZipfSampler(count: Self.ranks, exponent: exponent), seed: seed)
        case .latest(let exponent): kind = .latest(ZipfSampler(count: self.keys, exponent: exponent))
        case .hotspot(let part, let requests):
            kind = .hotspot(hot: min(self.keys, max(1, Int(Double(self.keys) * part))), requests: requests)
        case .uniform: kind = .uniform
        // A trace's keys are the trace's to choose.
        case .scan, .trace: kind = .scan
        }
    }

    /// The next key; `count`: how many there are now, with those inserted since.
    mutating func next(_ random: inout RandomSource, count: Int) -> Int {
        switch kind {
        case .zipf(let sampler): return spread[sampler.next(&random) - 1]
        case .scrambled(let sampler, let seed):
            let rank = UInt64(sampler.next(&random))
            return Int(RandomSource.mix(rank &+ RandomSource.mix(seed)) % UInt64(keys))
        case .latest(let sampler): return max(0, max(count, keys) - sampler.next(&random))
        case .uniform: return random.below(max(count, keys))
        case .scan:
            let key = position
            position = position + 1 >= keys ? 0 : position + 1
            return key
        case .hotspot(let hot, let requests):
            if hot == keys || random.unit() < requests { return spread[random.below(hot)] }
            return spread[hot + random.below(keys - hot)]
        }
    }
}

/// A permutation of 0..<count, so that neighbours in rank are no neighbours in the table: rank x factor + offset.
struct Spread: Sendable {
    private let count: UInt64
    private let factor: UInt64
    private let offset: UInt64

    init(count: Int, seed: UInt64) {
        self.count = UInt64(max(1, count))
        var random = RandomSource(seed: seed)
        offset = random.next() % self.count
        var factor = random.next() % self.count | 1
        while Self.commonDivisor(factor, self.count) != 1 { factor += 2 }
        self.factor = factor
    }

    subscript(rank: Int) -> Int {
        let (high, low) = UInt64(rank).multipliedFullWidth(by: factor)
        let product = count.dividingFullWidth((high % count, low)).remainder
        let sum = product + offset
        return Int(sum >= count ? sum - count : sum)
    }

    private static func commonDivisor(_ one: UInt64, _ other: UInt64) -> UInt64 {
        var (one, other) = (one, other)
        while other != 0 { (one, other) = (other, one % other) }
        return one
    }
}
