/// Signing keys by secret, region and date: a table of four places to a set, in which yesterday's keys give way first and
/// then the least recently used.
final class SigningKeyCache {
    private struct Entry {
        var secret: UInt64 = 0
        var date: UInt64 = 0
        var region = InlineArray<32, UInt8>(repeating: 0)
        var regionLength = 0
        var lastUse: UInt64 = 0
        var key: HMACKey?
    }

    private static let ways = 4
    private var sets: Int
    private var entries: [Entry]
    private var uses: UInt64 = 0

    init(sets: Int = 64) {
        self.sets = sets
        entries = Array(repeating: Entry(), count: sets * Self.ways)
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
        entries = Array(repeating: Entry(), count: wanted * Self.ways)
    }

    /// The key of this scope, if it is held.
    ///
    /// `date` is YYYYMMDD.
    func key(of secret: SecretKey, date: Bytes, region: Bytes) -> HMACKey? {
        let day = Self.number(date)
        for index in places(of: secret, region: region) where holds(index, secret, day, region) {
            uses &+= 1
            entries[index].lastUse = uses
            return entries[index].key
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
        for index in places
        where (entries[index].date, entries[index].lastUse) < (entries[victim].date, entries[victim].lastUse) {
            victim = index
        }
        uses &+= 1
        entries[victim].key?.erase()
        entries[victim].secret = secret.identity
        entries[victim].date = Self.number(date)
        for index in 0..<region.count { entries[victim].region[index] = region[index] }
        entries[victim].regionLength = region.count
        entries[victim].lastUse = uses
        entries[victim].key = key
    }

    /// How many keys are held.
    var count: Int { entries.count { entry in entry.key != nil } }

    private func erase() {
        for index in entries.indices { entries[index].key?.erase() }
    }

    private func holds(_ index: Int, _ secret: SecretKey, _ day: UInt64, _ region: Bytes) -> Bool {
        guard entries[index].secret == secret.identity, entries[index].date == day,
            entries[index].regionLength == region.count
        else { return false }
        for position in 0..<region.count where entries[index].region[position] != region[position] { return false }
        return true
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

    private static func number(_ digits: Bytes) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<digits.count { number = number &* 10 &+ UInt64(digits[index] & 15) }
        return number
    }
}
