import Cache

/// The store's calls with arrays for keys and values.
extension Store {
    func value(_ key: [UInt8], now: UInt64 = 0) -> Lookup<[UInt8]> {
        key.withUnsafeBytes { key in
            read(key, hash: hash(key), now: now) { entry in [UInt8](entry.value) }
        }
    }

    @discardableResult
    func insert(_ key: [UInt8], _ value: [UInt8], mark: UInt32 = 0, expiresAt: UInt64 = .max, now: UInt64 = 0) -> Bool {
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                insert(key, hash: hash(key), value: value, mark: mark, expiresAt: expiresAt, now: now)
            }
        }
    }

    @discardableResult
    func remove(_ key: [UInt8]) -> Bool {
        key.withUnsafeBytes { key in remove(key, hash: hash(key)) }
    }
}

extension Lookup {
    var hit: Result? {
        if case .hit(let result) = self { result } else { nil }
    }

    var isMiss: Bool {
        if case .miss = self { true } else { false }
    }

    var isExpired: Bool {
        if case .expired = self { true } else { false }
    }
}

func key(_ number: Int) -> [UInt8] {
    Array("key-\(number)".utf8)
}

/// A small generator with a seed (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension SegmentPool {
    /// A pool whose hashes are the same in every run, for tests that measure.
    static func seeded(_ seed: UInt64 = 1) -> SegmentPool {
        SegmentPool(hasher: KeyHasher(seed: (seed, 0x7365_6564)))
    }
}
