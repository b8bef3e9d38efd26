private import CZlib

/// CRC-32 (IEEE 802.3, as in gzip), the checksum of the `x-amz-crc32` header: over the exact bytes of a reply's body.
public enum CRC32 {
    /// The checksum of no bytes, from which `update` starts.
    public static let initial: UInt32 = 0

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        unsafe update(initial, bytes)
    }

    /// The checksum of the bytes summed in `crc` followed by `bytes`.
    public static func update(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return crc }
        return unsafe UInt32(
            truncatingIfNeeded: crc32_z(UInt(crc), base.assumingMemoryBound(to: UInt8.self), bytes.count)
        )
    }

    /// The checksum of a first part followed by a second part of `count` bytes, from the checksums of the parts.
    public static func combine(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
        count <= 0 ? first : UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), count))
    }
}
