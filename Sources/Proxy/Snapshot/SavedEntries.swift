import Cache
import DynamoDB

/// How often a key was asked for, in a block of frequencies.
///
///     0      8         9     11
///     +------+---------+-----+
///     | hash | counter | age |
///     +------+---------+-----+
///
/// The block begins with the number of shards for which the hashes hold, 0 for any.
struct SavedFrequency: Equatable {
    var hash: UInt64
    var frequency: Frequency

    static let bytes = 11

    func append(to block: inout [UInt8]) {
        block.append(little: hash)
        block.append(frequency.counter)
        block.append(little: frequency.age)
    }

    init(hash: UInt64, frequency: Frequency) {
        self.hash = hash
        self.frequency = frequency
    }

    /// The next of a block; nil at its end.
    init?(_ reader: inout ByteReader) {
        guard let hash = reader.integer(UInt64.self), let counter = reader.integer(UInt8.self),
            let age = reader.integer(UInt16.self)
        else { return nil }
        self.init(hash: hash, frequency: Frequency(counter: counter, age: age))
    }
}

/// A whole entry, in a block of items.
///
///     0       4      12     16      17        18          19    23           25           29
///     +-------+------+------+-------+---------+-----------+-----+------------+------------+-----+-------
///     | table | life | mark | queue | counter | frequency | age | key size   | value size | key | value
///     +-------+------+------+-------+---------+-----------+-----+------------+------------+-----+-------
///
/// The life is what was left of it when the snapshot was begun, in nanoseconds; the key is the canonical one, without the
/// cache key's prefix; a frequency of 255 is none.
struct SavedItem {
    var table: UInt32
    var life: UInt64
    var mark: UInt32
    var rank: EntryRank
    var frequency: Frequency?
    /// In the block.
    var key: Range<Int>
    var value: Range<Int>

    static func append(
        _ entry: ExportedEntry,
        table: UInt32,
        canonical: UnsafeRawBufferPointer,
        life: UInt64,
        to block: inout [UInt8]
    ) {
        block.append(little: table)
        block.append(little: life)
        block.append(little: entry.mark)
        block.append(entry.rank.queue)
        block.append(entry.rank.counter)
        block.append(entry.frequency?.counter ?? .max)
        block.append(little: entry.rank.age.bitPattern)
        block.append(little: UInt16(clamping: canonical.count))
        unsafe block.append(little: UInt32(clamping: entry.value.count))
        unsafe block.append(contentsOf: canonical)
        unsafe block.append(contentsOf: entry.value)
    }

    /// The next of a block; nil at its end.
    init?(_ reader: inout ByteReader) {
        guard let table = reader.integer(UInt32.self), let life = reader.integer(UInt64.self),
            let mark = reader.integer(UInt32.self), let queue = reader.integer(UInt8.self),
            let counter = reader.integer(UInt8.self), let frequency = reader.integer(UInt8.self),
            let age = reader.integer(UInt32.self), let keyCount = reader.integer(UInt16.self),
            let valueCount = reader.integer(UInt32.self), let key = reader.range(Int(keyCount)),
            let value = reader.range(Int(valueCount))
        else { return nil }
        self.table = table
        self.life = life
        self.mark = mark
        rank = EntryRank(queue: queue, counter: counter, age: Float(bitPattern: age))
        self.frequency = frequency == .max ? nil : Frequency(counter: frequency, age: 0)
        self.key = key
        self.value = value
    }
}

extension CacheKey {
    /// The numbers that a key begins with, and where the canonical key begins; nil for anything else.
    static func parts(
        _ key: UnsafeRawBufferPointer
    ) -> (tenant: UInt64, table: UInt64, epoch: UInt64, canonical: UnsafeRawBufferPointer)? {
        var offset = 0
        func number() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while offset < key.count, shift < 64 {
                let byte = unsafe key[offset]
                offset += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte & 0x80 == 0 { return value }
                shift += 7
            }
            return nil
        }
        guard let tenant = number(), let table = number(), let epoch = number() else { return nil }
        return unsafe (tenant, table, epoch, UnsafeRawBufferPointer(rebasing: key[offset...]))
    }
}
