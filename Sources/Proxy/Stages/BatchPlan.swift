import Cache
import DynamoDB

/// A BatchGetItem taken apart: what memory has of it, and what must be read upstream.
///
/// One value may serve one batch after another; then it allocates nothing.
struct BatchPlan: Sendable {
    /// What is known of one key.
    enum Found: Sendable {
        /// An item in `BatchReplyBody.bytes` or `values`, empty for an absent one; the length and the checksum of its
        /// stored form.
        case stored(ByteRange, count: Int, checksum: UInt32)
        /// To be read upstream.
        case missing
        /// Left for the client to ask again: the reply is full; the length of its stored form.
        case postponed(count: Int)
    }

    struct Key: Sendable {
        /// The key object in the request's body.
        let range: ByteRange
        /// Where the cache key stands.
        let cacheKey: ByteRange
        let hash: UInt64
        var found = Found.missing
    }

    struct TablePart: Sendable {
        let spec: BatchGetTable
        let view: TenantTable
        var projection: Projection?

        /// Memory may answer it.
        var isCacheable: Bool { view.cache.isEnabled && !spec.consistentRead }
    }

    var request = BatchGetItemRequest()
    /// The tables of the request, once they are known to be the tenant's.
    var tables: [TablePart] = []
    /// The keys of the request, once they are known to be keys and distinct.
    var keys: [Key] = []
    /// How many keys are in each state.
    var storedCount = 0
    var missingCount = 0
    /// The cache keys, and bytes with the items found, of a batch that the worker's buffers can't wait for.
    var cacheKeys: [UInt8] = []
    var values: [UInt8] = []

    /// More was found than is copied on the reactor's own thread; which keys, is not known yet.
    var isLarge = false
    /// Bytes found so far.
    private var foundBytes = 0

    /// Bytes that will be found, to judge by what has been so far.
    var likelyBytes: Int {
        min(foundBytes / (storedCount + missingCount + 1) * keys.count, Self.maxReplyBytes)
    }

    /// What a reply may hold at most, in bytes: DynamoDB's 16 MiB.
    static let maxReplyBytes = 16 << 20

    /// Every key was found, and each item goes into the reply as it is.
    var isAnswered: Bool {
        guard storedCount == keys.count else { return false }
        var index = 0
        while index < tables.count {
            if tables[index].projection != nil { return false }
            index += 1
        }
        return true
    }

    /// Why, or how far, the cache answered.
    var status: CacheStatus {
        if missingCount == 0 { return .hit }
        if missingCount < keys.count { return .partial }
        return tables.allSatisfy(\.spec.consistentRead) ? .consistentRead : .miss
    }

    /// The keys of a table that are to be read upstream.
    func missing(of part: TablePart) -> [Key] {
        keys[part.spec.keys].filter { key in
            if case .missing = key.found { true } else { false }
        }
    }

    /// Forgets the batch but not its memory, unless that is more than most need.
    mutating func removeAll() {
        if request.tables.count > BatchGetItemRequest.maximumKeys { self = BatchPlan() }
        tables.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        storedCount = 0
        missingCount = 0
        isLarge = false
    }

    /// The canonical form of a key.
    func canonical(_ key: Key) -> [UInt8] {
        unsafe cacheKeys.withUnsafeBytes { unsafe Array(CacheKey.canonical(key.cacheKey.slice(of: $0))) }
    }
}

extension BatchPlan {
    /// Looks the keys up; what is found goes into `reply`, which is the whole of it if nothing is missing.
    ///
    /// `cacheKeys` are those of `keys`, `body` is the request's. Stops when more than `limit` bytes are found: then
    /// `isLarge`.
    mutating func find(
        in store: Store,
        _ cacheKeys: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        now: UInt64,
        limit: Int,
        _ reply: inout BatchReplyBody
    ) {
        var held = 0
        var table = 0
        (storedCount, missingCount) = (0, 0)
        prefetch(in: store)
        reply.begin()
        while table < tables.count {
            let part = tables[table]
            unsafe reply.beginTable(part.spec.name.slice(of: body))
            for index in part.spec.keys {
                if part.isCacheable {
                    let key = unsafe keys[index].cacheKey.slice(of: cacheKeys)
                    let hash = keys[index].hash
                    keys[index].found = unsafe Self.find(key, hash, in: store, now, limit, &reply, held: &held)
                    (foundBytes, isLarge) = (held, held > limit)
                    if isLarge { return }
                }
                switch keys[index].found {
                case .stored: storedCount += 1
                case .missing: missingCount += 1
                case .postponed: break
                }
            }
            reply.endTable()
            table += 1
        }
    }

    /// Has what the lookups will read fetched, one's while another's is waited for.
    private func prefetch(in store: Store) {
        var index = 0
        while index < keys.count {
            store.prefetchIndex(hash: keys[index].hash)
            index += 1
        }
        index = 0
        while index < keys.count {
            store.prefetchEntry(hash: keys[index].hash)
            index += 1
        }
    }

    /// Looks a key up, and adds what is found to `reply` if there is room; `held` is the length of what was found so far.
    private static func find(
        _ key: UnsafeRawBufferPointer,
        _ hash: UInt64,
        in store: Store,
        _ now: UInt64,
        _ limit: Int,
        _ reply: inout BatchReplyBody,
        held: inout Int
    ) -> Found {
        let lookup = unsafe store.read(key, hash: hash, now: now) { entry -> Found in
            let count = unsafe entry.value.count
            held += count
            if held > limit || (held > maxReplyBytes && held > count) { return .postponed(count: count) }
            guard let item = unsafe StoredItem.item(in: entry.value) else {
                return .stored(ByteRange(start: 0, end: 0), count: count, checksum: entry.mark)
            }
            let range = unsafe reply.add(item, checksum: entry.mark)
            return .stored(range, count: count, checksum: entry.mark)
        }
        guard case .hit(let found) = lookup else { return .missing }
        return found
    }
}

/// Tells keys that a batch asks for twice.
///
/// Open addressing, by the low byte of the hash; 0 for a free place, else the key's number and one.
struct DistinctKeys {
    private var places = InlineArray<256, UInt8>(repeating: 0)

    /// Adds a key by its number, which is less than ``BatchGetItemRequest/maximumKeys``.
    ///
    /// - Returns: False when `isSame` says of one with a like hash that it is the same.
    mutating func insert(_ number: Int, hash: UInt64, isSame: (Int) -> Bool) -> Bool {
        var place = Int(hash & 255)
        while places[place] != 0 {
            if isSame(Int(places[place]) - 1) { return false }
            place = (place + 1) & 255
        }
        places[place] = UInt8(truncatingIfNeeded: number + 1)
        return true
    }
}
