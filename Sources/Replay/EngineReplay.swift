internal import Cache
internal import Trace

/// A store that is driven by the requests of a trace.
@safe final class EngineReplay {
    /// What the store takes for a key.
    private static let keySizes = 8...8_191
    /// Requests between two steps of the store's upkeep.
    private static let upkeepInterval = 1_024

    /// Keys that a curve is estimated from: as many as can be simulated, and more where distances are enough, since here
    /// time and memory count for less than in the proxy.
    private static let simulatedKeys = 8_191
    private static let distanceKeys = 131_072

    let size: Int
    private let options: ReplayOptions
    private let pool: SegmentPool
    private let store: Store
    /// The key's number, then zeros.
    private let key: UnsafeMutableRawBufferPointer
    private var value = [UInt8](repeating: 0, count: 64 << 10)
    /// Nanoseconds since the first request, which may bear a time since 1970.
    private var clock: UInt64 = 0
    private var origin: UInt64?
    private var expires = false

    private(set) var tally = Tally()
    private(set) var requests = 0
    private(set) var writes = 0
    private(set) var deletes = 0
    private(set) var refused = 0

    init(size: Int, options: ReplayOptions, curve: Bool = false) {
        self.size = size
        self.options = options
        // Hashes that are the same each time, so that results are.
        pool = SegmentPool(hasher: KeyHasher(seed: (0x6c65_7665_7265_7431, 0x7265_706c_6179_2121)))
        store = Store(
            budget: size,
            policy: options.policy,
            pool: pool,
            shards: options.accounting == .payload ? 1 : nil,
            accounting: options.accounting,
            curve: curve,
            curveKeys: options.policy == .lru ? Self.distanceKeys : Self.simulatedKeys
        )
        store.setCostWeights(options.weights)
        unsafe key = .allocate(byteCount: Self.keySizes.upperBound, alignment: 16)
        unsafe key.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        unsafe key.deallocate()
    }

    /// What the store holds.
    var usage: Usage { store.usage }

    /// What the store estimates, when it was asked to.
    var curve: MissRatioCurve { store.curve() }

    /// Bytes of memory handed out to the store.
    var memory: Int { pool.usage.allocated }

    func take(_ request: TraceRequest) {
        // The counts of the warm-up are forgotten, what the caches hold is not.
        if requests == options.warmup, requests > 0 { store.decayCurve(0) }
        requests += 1
        let begin = origin ?? request.time
        origin = begin
        clock = max(clock, request.time - min(begin, request.time))
        if request.timeToLive > 0 { expires = true }
        if expires, requests % Self.upkeepInterval == 0 { store.maintain(now: clock) }

        // A key must tell items apart; what it then has too much is taken from the value.
        let keySize = min(max(Int(request.keySize), Self.keySizes.lowerBound), Self.keySizes.upperBound)
        let valueSize = max(0, request.size - keySize)
        unsafe key.storeBytes(of: request.key, as: UInt64.self)
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: key[..<keySize])
        let hash = unsafe store.hash(bytes)
        let isCounted = requests > options.warmup
        switch request.operation {
        case .read:
            let found = unsafe store.read(bytes, hash: hash, now: clock) { entry in
                unsafe (entry.value.count, entry.expiresAt)
            }
            if case .hit(let (held, expiresAt)) = found {
                if isCounted { tally.count(request, isHit: true) }
                if held != valueSize { unsafe insert(bytes, hash, valueSize, expiresAt: expiresAt) }
                return
            }
            if isCounted { tally.count(request, isHit: false) }
            unsafe insert(bytes, hash, valueSize, expiresAt: request.expiry(from: clock))
        case .write:
            if isCounted { writes += 1 }
            if options.inserts(request) {
                unsafe insert(bytes, hash, valueSize, expiresAt: request.expiry(from: clock))
            } else {
                unsafe store.remove(bytes, hash: hash)
            }
        case .delete:
            if isCounted { deletes += 1 }
            unsafe store.remove(bytes, hash: hash)
        }
    }

    private func insert(_ key: UnsafeRawBufferPointer, _ hash: UInt64, _ valueSize: Int, expiresAt: UInt64) {
        // More than any store takes need not be there.
        let valueSize = min(valueSize, 5 << 20)
        if value.count < valueSize { value = [UInt8](repeating: 0, count: valueSize) }
        let isKept = unsafe value.withUnsafeBytes { value in
            unsafe store.insert(
                key,
                hash: hash,
                value: UnsafeRawBufferPointer(rebasing: value[..<valueSize]),
                mark: 0,
                expiresAt: expiresAt,
                now: clock
            )
        }
        if !isKept { refused += 1 }
    }
}
