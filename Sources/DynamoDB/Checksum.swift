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
        guard count > 0 else { return first }
        // zlib works the power out anew each time.
        guard count < shifts.count else {
            return UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), count))
        }
        return product(first, shifts[count]) ^ second
    }

    /// The polynomial without its highest term; as everywhere here, the highest bit is the constant term.
    private static let polynomial: UInt32 = 0xEDB8_8320

    /// x^(8n) modulo the polynomial, by n: what a checksum is multiplied with to make way for n bytes.
    private static let shifts: [UInt32] = {
        var shifts: [UInt32] = [1 << 31]
        while shifts.count < 1 << 12 {
            shifts.append(product(shifts[shifts.count - 1], 1 << 23))
        }
        return shifts
    }()

    /// The product of two polynomials over GF(2), modulo the polynomial.
    ///
    /// Without branches, which could not be predicted.
    private static func product(_ left: UInt32, _ right: UInt32) -> UInt32 {
        var (left, right, product) = (left, right, UInt32(0))
        var bits = UInt32.bitWidth
        while bits > 0 {
            product ^= right & (0 &- (left >> 31))
            left <<= 1
            right = right >> 1 ^ polynomial & (0 &- (right & 1))
            bits -= 1
        }
        return product
    }
}
