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
        guard count < Powers.count else {
            return UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), count))
        }
        return powers.advance(first, by: count) ^ second
    }

    private static let powers = Powers()
}

/// What zlib works out anew each time it combines checksums: the powers of x that make way for some bytes.
///
/// Polynomials over GF(2), modulo that of the checksum, have their constant term in the highest bit.
private struct Powers {
    /// Bytes that there are powers for.
    static let count = 1 << 12
    /// The polynomial without its highest term.
    private static let polynomial: UInt32 = 0xEDB8_8320

    /// x^(8n), by n.
    private var powers: [UInt32] = [1 << 31]
    /// The products of x^32 with a polynomial of which only one byte is not 0, by that byte, the lowest first.
    private var remainders: [UInt32] = []

    init() {
        while powers.count < Self.count {
            powers.append(Self.shifted(powers[powers.count - 1], by: 8))
        }
        for place in 0..<4 {
            for byte in 0..<UInt32(256) {
                remainders.append(Self.shifted(byte << UInt32(8 * place), by: 32))
            }
        }
    }

    /// A checksum to which that of `count` bytes can be added.
    func advance(_ checksum: UInt32, by count: Int) -> UInt32 {
        // The highest bit of 64 becomes the constant term.
        let product = Self.product(checksum, powers[count]) << 1
        let low = Int(product & 0xFFFF_FFFF)
        return UInt32(product >> 32) ^ remainders[low & 255] ^ remainders[256 + (low >> 8 & 255)]
            ^ remainders[512 + (low >> 16 & 255)] ^ remainders[768 + (low >> 24)]
    }

    /// The product with a power of x.
    private static func shifted(_ factor: UInt32, by power: Int) -> UInt32 {
        var factor = factor
        var left = power
        while left > 0 {
            factor = factor >> 1 ^ polynomial & (0 &- (factor & 1))
            left -= 1
        }
        return factor
    }

    /// The product before it is reduced.
    ///
    /// The processor's own multiplication carries, so each factor is split into four with every fourth bit only: then at
    /// most eight bits meet in one place, whose carries stay below the next place that counts (Thomas Pornin, BearSSL,
    /// `ghash_ctmul64.c`).
    private static func product(_ left: UInt32, _ right: UInt32) -> UInt64 {
        let l = split(left)
        let r = split(right)
        let first = (l.0 &* r.0) ^ (l.1 &* r.3) ^ (l.2 &* r.2) ^ (l.3 &* r.1)
        let second = (l.0 &* r.1) ^ (l.1 &* r.0) ^ (l.2 &* r.3) ^ (l.3 &* r.2)
        let third = (l.0 &* r.2) ^ (l.1 &* r.1) ^ (l.2 &* r.0) ^ (l.3 &* r.3)
        let fourth = (l.0 &* r.3) ^ (l.1 &* r.2) ^ (l.2 &* r.1) ^ (l.3 &* r.0)
        return first & 0x1111_1111_1111_1111 | second & 0x2222_2222_2222_2222 | third & 0x4444_4444_4444_4444
            | fourth & 0x8888_8888_8888_8888
    }

    private static func split(_ factor: UInt32) -> (UInt64, UInt64, UInt64, UInt64) {
        let factor = UInt64(factor)
        return (factor & 0x1111_1111, factor & 0x2222_2222, factor & 0x4444_4444, factor & 0x8888_8888)
    }
}
