/// Signing keys by secret, region and date: a table of four places to a set, in which yesterday's keys give way first and
/// then the least recently used.
@safe
final class SigningKeyCache {
    private struct Entry {
        var secret: UInt64 = 0
        var date: Int64 = 0
        var region = InlineArray<32, UInt8>(repeating: 0)
        var regionLength = 0
        var lastUse: UInt64 = 0
        var key: HMACKey?
    }

    private static let ways = 4
    private var sets: Int
    /// Not an array, of which an entry would be copied to look at it.
    private var entries: UnsafeMutableBufferPointer<Entry>
    // Nothing is called while it is written to, so the run-time checks for overlapping access are left out.
    @exclusivity(unchecked) private var uses: UInt64 = 0

    init(sets: Int = 64) {
        self.sets = sets
        unsafe entries = .allocate(capacity: sets * Self.ways)
        unsafe entries.initialize(repeating: Entry())
    }

    deinit {
        erase()
    }

    /// Makes it large enough for two keys of each of so many secrets; if it was not, what it held is forgotten.
    func makeRoom(forSecrets count: Int) {
        let wanted = (2 * count + Self.ways - 1) / Self.ways
        guard wanted > sets else { return }
        erase()
        sets = wanted
        unsafe entries = .allocate(capacity: wanted * Self.ways)
        unsafe entries.initialize(repeating: Entry())
    }

    /// The key of this scope, if it is held.
    ///
    /// `date` is YYYYMMDD.
    func key(of secret: SecretKey, date: Bytes, region: Bytes) -> HMACKey? {
        let day = Self.number(date)
        for index in places(of: secret, region: region) where holds(index, secret, day, region) {
            unsafe uses &+= 1
            unsafe entries[index].lastUse = uses
            return unsafe entries[index].key
        }
        return nil
    }

    /// Keeps a key in place of an older one.
    ///
    /// Regions of more than 32 bytes are not kept.
    func insert(_ key: HMACKey, of secret: SecretKey, date: Bytes, region: Bytes) {
        guard region.count <= 32 else { return }
        let places = places(of: secret, region: region)
        var victim = places.lowerBound
        for index in places where age(index) < age(victim) { victim = index }
        unsafe uses &+= 1
        unsafe entries[victim].key?.erase()
        var entry = Entry()
        entry.secret = secret.identity
        entry.date = Self.number(date)
        for index in 0..<region.count { entry.region[index] = region[index] }
        entry.regionLength = region.count
        unsafe entry.lastUse = uses
        entry.key = key
        unsafe entries[victim] = entry
    }

    /// How many keys are held.
    var count: Int { unsafe entries.count { entry in entry.key != nil } }

    private func erase() {
        for index in unsafe entries.indices { unsafe entries[index].key?.erase() }
        unsafe entries.deallocate()
    }

    private func age(_ index: Int) -> (Int64, UInt64) {
        unsafe (entries[index].date, entries[index].lastUse)
    }

    private func holds(_ index: Int, _ secret: SecretKey, _ day: Int64, _ region: Bytes) -> Bool {
        guard unsafe entries[index].secret == secret.identity, unsafe entries[index].date == day,
            unsafe entries[index].regionLength == region.count
        else { return false }
        return unsafe withUnsafeBytes(of: entries[index].region) { held in
            unsafe Bytes(held)[0..<region.count].equals(region)
        }
    }

    /// The set of a secret and region; the date has no part in it, so that a new day's key meets the old day's.
    ///
    /// Secrets made one after the other, as those of a configuration are, have sets one after the other: none is crowded.
    private func places(of secret: SecretKey, region: Bytes) -> Range<Int> {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<region.count { hash = (hash ^ UInt64(region[index])) &* 0x100_0000_01b3 }
        let first = Int((secret.identity &+ hash >> 32) % UInt64(sets)) * Self.ways
        return first..<first + Self.ways
    }

    /// The date as a number; not one has another length.
    private static func number(_ date: Bytes) -> Int64 {
        date.count == 8 ? Timestamp.number(date.word(0)) : 0
    }
}
