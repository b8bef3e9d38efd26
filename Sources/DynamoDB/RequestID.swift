/// Writes values for `x-amzn-RequestId`: 52 characters that look like DynamoDB's.
///
/// One per reactor.
///
/// The ids need to be distinct, not secret: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021), seeded from the system's generator.
public struct RequestID: ~Copyable {
    /// Characters of an id.
    public static let count = 52

    /// What nearly every id of DynamoDB ends with.
    private static let suffix: StaticString = "VV4KQNSO5AEMVJF66Q9ASUAAJG"

    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator with a seed of its own.
    public init() {
        var system = SystemRandomNumberGenerator()
        self.init(seed: (system.next(), system.next(), system.next(), system.next()))
    }

    /// A generator that repeats itself, for tests.
    ///
    /// A seed of zeros yields only zeros.
    public init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        state = seed
    }

    /// Writes the next id to the first 52 bytes of `buffer`, which must have room for them.
    ///
    /// Allocates nothing.
    public mutating func write(into buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= Self.count)
        // 26 characters, of which eight are made at a time.
        for offset in stride(from: 0, to: 24, by: 8) {
            unsafe buffer.storeBytes(of: Self.characters(next()).littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        let last = UInt16(truncatingIfNeeded: Self.characters(next()))
        unsafe buffer.storeBytes(of: last.littleEndian, toByteOffset: 24, as: UInt16.self)
        let suffix = Self.suffix
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[(Self.count - suffix.utf8CodeUnitCount)...])
        unsafe rest.copyMemory(
            from: UnsafeRawBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount)
        )
    }

    /// Eight characters of 0-9 and A-V, for the low five bits of each byte.
    private static func characters(_ bits: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let values = bits & (ones &* 31)
        // Above 9, the high bit of a byte is set in the sum: those are moved on from behind "9" to "A".
        let letters = (values &+ ones &* (128 - 10)) &>> 7 & ones
        return values &+ ones &* 48 &+ letters &* 7
    }

    private mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }
}
