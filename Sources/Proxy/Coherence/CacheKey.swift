import Cache
import DynamoDB

/// The bytes under which an item is cached: tenant, table, epoch (fixed width), then the canonical typed key.
///
///     0        4        8                16
///     | tenant | table  | epoch          | canonical key ...
///
/// The tenant comes first so that one tenant's entries can never be taken for another's; the epoch makes a re-created
/// or bulk-written table's old entries unreachable.
enum CacheKey {
    static let prefixCount = 16

    /// Hashes of keys without their tenants.
    private static let stripeHasher = KeyHasher()

    /// Begins a key in `buffer`; the canonical key is appended after.
    static func begin(_ buffer: KeyBuffer, tenant: UInt32, table: UInt32, epoch: UInt64) {
        buffer.removeAll()
        unsafe withUnsafeBytes(of: tenant.littleEndian) { unsafe buffer.append($0) }
        unsafe withUnsafeBytes(of: table.littleEndian) { unsafe buffer.append($0) }
        unsafe withUnsafeBytes(of: epoch.littleEndian) { unsafe buffer.append($0) }
    }

    /// The canonical key within a cache key.
    static func canonical(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: key[prefixCount...])
    }

    /// The stripe of a key: the same for every tenant and epoch of the table.
    static func stripe(table: UInt32, canonical: UnsafeRawBufferPointer) -> UInt32 {
        var hash = unsafe stripeHasher.hash(canonical)
        hash ^= UInt64(table) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        return KeyStripes.index(ofHash: hash)
    }
}
