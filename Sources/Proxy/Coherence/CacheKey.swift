import Cache
import DynamoDB

/// The bytes under which an item is cached: tenant, table and epoch, then the canonical typed key.
///
/// The three numbers are written seven bits to a byte, the low ones first, the high bit set in all but the last byte
/// (LEB128): they mostly take a byte each, and none can be taken for another.
///
/// The tenant comes first so that one tenant's entries can never be taken for another's; the epoch makes a re-created
/// or bulk-written table's old entries unreachable.
enum CacheKey {
    /// Hashes of keys without their tenants.
    private static let stripeHasher = KeyHasher()

    /// Begins a key in `buffer`; the canonical key is appended after.
    static func begin(_ buffer: KeyBuffer, tenant: UInt32, table: UInt32, epoch: UInt64) {
        buffer.removeAll()
        append(to: buffer, tenant: tenant, table: table, epoch: epoch)
    }

    /// Begins a key after what is in `buffer`.
    static func append(to buffer: KeyBuffer, tenant: UInt32, table: UInt32, epoch: UInt64) {
        append(UInt64(tenant), to: buffer)
        append(UInt64(table), to: buffer)
        append(epoch, to: buffer)
    }

    /// The canonical key within a cache key.
    static func canonical(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        for _ in 0..<3 {
            while unsafe key[start] & 0x80 != 0 {
                start += 1
            }
            start += 1
        }
        return unsafe UnsafeRawBufferPointer(rebasing: key[start...])
    }

    /// Bytes before a canonical key, at most.
    static let longestPrefix = 20

    /// The stripe of a key: the same for every tenant and epoch of the table.
    static func stripe(table: UInt32, canonical: UnsafeRawBufferPointer) -> UInt32 {
        var hash = unsafe stripeHasher.hash(canonical)
        hash ^= UInt64(table) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        return KeyStripes.index(ofHash: hash)
    }

    /// The group of a table's entries of one epoch, which are removed together.
    ///
    /// Groups may collide: then entries go that might have stayed.
    static func group(table: UInt32, epoch: UInt64) -> UInt32 {
        let mixed = (UInt64(table) << 32 ^ epoch) &* 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }

    private static func append(_ number: UInt64, to buffer: KeyBuffer) {
        var rest = number
        while rest >= 0x80 {
            buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.append(UInt8(rest))
    }
}
