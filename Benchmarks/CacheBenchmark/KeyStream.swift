internal import Glibc

/// The keys of a sequence of requests, one after the other in memory, as a connection would bring them: reading them
/// costs next to nothing beside looking them up.
struct KeyStream: Sendable {
    private static let stride = 48
    let count: Int
    private let bytes: [UInt8]

    /// Keys of items; `number` says of which.
    init(_ count: Int, _ number: (Int) -> Int) {
        self.count = count
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: count * Self.stride) { buffer, initialized in
            for index in 0..<count {
                let slot = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[index * Self.stride..<(index + 1) * Self.stride]
                )
                let key = unsafe UnsafeMutableRawBufferPointer(rebasing: slot[8...])
                let length = unsafe Items.writeKey(number(index), to: key)
                unsafe slot.storeBytes(of: length, as: Int.self)
            }
            initialized = count * Self.stride
        }
    }

    /// Each item as likely as any other.
    static func uniform(_ count: Int, items: Int, seed: Int) -> KeyStream {
        KeyStream(count) { index in Int(Items.mix(UInt64(seed << 32 | index)) % UInt64(items)) }
    }

    /// The item of rank r with probability in proportion to r^-exponent; ranks are spread over the numbers.
    static func zipf(_ count: Int, items: Int, exponent: Double, seed: Int) -> KeyStream {
        var sum = 0.0
        let sums = (1...items).map { rank in
            sum += pow(Double(rank), -exponent)
            return sum
        }
        return KeyStream(count) { index in
            let wanted = Double(Items.mix(UInt64(seed << 32 | index)) >> 11) * 0x1p-53 * sum
            var low = 0
            var high = items - 1
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < wanted { low = middle + 1 } else { high = middle }
            }
            return low * 7_368_787 % items
        }
    }

    @inline(__always)
    func visit(_ body: (UnsafeRawBufferPointer) -> Void) {
        unsafe withBytes { bytes in
            for index in 0..<count { unsafe body(Self.key(index, bytes)) }
        }
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe bytes.withUnsafeBytes { bytes in unsafe body(bytes) }
    }

    /// A key out of what `withBytes` shows.
    @inline(__always)
    static func key(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = index * stride
        let length = unsafe bytes.load(fromByteOffset: start, as: Int.self)
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[start + 8..<start + 8 + length])
    }
}
