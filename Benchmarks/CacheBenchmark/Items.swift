internal import Glibc

/// The items that every cache is filled with, each made from its number: printable keys of 24 to 40 bytes, values whose
/// sizes are lognormal with a mean of 218 bytes: 250 bytes an item.
struct Items: Sendable {
    static let longestKey = 40
    static let longestValue = 16 << 10
    private static let meanValue = 218.0
    private static let deviation = 0.8

    /// Bytes of which every value is a slice.
    private let noise: [UInt8]

    init() {
        noise = (0..<2 * Self.longestValue).map { index in UInt8(truncatingIfNeeded: Self.mix(UInt64(index))) }
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    @inline(__always)
    static func mix(_ number: UInt64) -> UInt64 {
        var word = number &* 0x9e37_79b9_7f4a_7c15 &+ 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// Writes the key of an item, of which the first 8 bytes are its number, and returns its length.
    static func writeKey(_ number: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var word = UInt64(number)
        for place in 0..<longestKey / 8 {
            if place > 0 { word = mix(UInt64(number) &* 8 &+ UInt64(place)) }
            // The low 32 bits as 8 letters from `a` to `p`.
            var letters = word & 0xffff_ffff
            letters = (letters | letters << 16) & 0x0000_ffff_0000_ffff
            letters = (letters | letters << 8) & 0x00ff_00ff_00ff_00ff
            letters = (letters | letters << 4) & 0x0f0f_0f0f_0f0f_0f0f
            unsafe buffer.storeBytes(of: letters &+ 0x6161_6161_6161_6161, toByteOffset: place * 8, as: UInt64.self)
        }
        return keyCount(number)
    }

    static func keyCount(_ number: Int) -> Int {
        24 + Int(mix(~UInt64(number)) % 17)
    }

    static func valueCount(_ number: Int) -> Int {
        // A normal deviate (Box and Muller, 1958).
        let one = Double(mix(UInt64(number) ^ 1 << 40) >> 11 | 1) * 0x1p-53
        let other = Double(mix(UInt64(number) ^ 1 << 41) >> 11) * 0x1p-53
        let normal = (-2 * log(one)).squareRoot() * cos(2 * .pi * other)
        let size = exp(log(meanValue) - deviation * deviation / 2 + deviation * normal)
        return min(max(1, Int(size.rounded())), longestValue)
    }

    /// Calls `body` with an item's key and value.
    @inline(__always)
    func with(_ number: Int, _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        unsafe withUnsafeTemporaryAllocation(byteCount: Self.longestKey, alignment: 8) { buffer in
            let keyCount = unsafe Self.writeKey(number, to: buffer)
            let start = Int(Self.mix(UInt64(number)) % UInt64(Self.longestValue))
            let end = start + Self.valueCount(number)
            unsafe noise.withUnsafeBytes { noise in
                unsafe body(
                    UnsafeRawBufferPointer(rebasing: buffer[..<keyCount]),
                    UnsafeRawBufferPointer(rebasing: noise[start..<end])
                )
            }
        }
    }

    /// Writes items to standard output, for the loaders of other caches: length of the key (2 bytes, little-endian), of
    /// the value (4 bytes), key, value.
    func dump(_ count: Int) {
        var output: [UInt8] = []
        for number in 0..<count {
            unsafe with(number) { key, value in
                output += [UInt8(truncatingIfNeeded: key.count), 0]
                for shift in stride(from: 0, to: 32, by: 8) {
                    output.append(UInt8(truncatingIfNeeded: value.count >> shift))
                }
                unsafe output.append(contentsOf: key)
                unsafe output.append(contentsOf: value)
            }
        }
        var written = 0
        while written < output.count {
            let count = unsafe output[written...].withUnsafeBytes { rest in
                unsafe write(STDOUT_FILENO, rest.baseAddress, rest.count)
            }
            guard count > 0 else { exit(1) }
            written += count
        }
    }
}
