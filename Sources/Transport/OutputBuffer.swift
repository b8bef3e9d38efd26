import Glibc

/// Bytes on their way out, gathered here so that they leave in one system call.
///
/// One per server, reused.
@safe
final class OutputBuffer {
    private static let ordinaryCapacity = 64 << 10
    private static let keptCapacity = 1 << 20

    private var storage: UnsafeMutableRawPointer
    private var capacity = OutputBuffer.ordinaryCapacity
    private(set) var count = 0

    init() {
        unsafe storage = .allocate(byteCount: OutputBuffer.ordinaryCapacity, alignment: 1)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// The bytes from `start` on; valid until the next change.
    func bytes(from start: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: storage + start, count: count - start)
    }

    /// The bytes at these places; valid until the next change.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: storage + range.lowerBound, count: range.count)
    }

    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count)
        unsafe memcpy(storage + count, base, bytes.count)
        count &+= bytes.count
    }

    /// Room for `count` bytes at the end, which count as appended; valid until the next change.
    func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        reserve(count)
        let room = unsafe UnsafeMutableRawBufferPointer(start: storage + self.count, count: count)
        self.count &+= count
        return unsafe room
    }

    @inline(__always)
    func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func append(decimal value: UInt64) {
        // At most 20 digits: written from the end of their room backwards, two at a time, then moved to its beginning.
        let room = 20
        reserve(room)
        var place = count &+ room
        var rest = value
        while rest >= 10 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            place &-= 2
            // The first of two digits lies lower.
            let digits = UInt16(truncatingIfNeeded: 0x3030 | pair / 10 | (pair % 10) << 8)
            unsafe storage.storeBytes(of: digits.littleEndian, toByteOffset: place, as: UInt16.self)
            rest = quotient
        }
        if rest > 0 || place == count &+ room {
            place &-= 1
            let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
            unsafe storage.storeBytes(of: digit, toByteOffset: place, as: UInt8.self)
        }
        let digits = count &+ room &- place
        unsafe memmove(storage + count, storage + place, digits)
        count &+= digits
    }

    /// Appends a field value; a byte that would end the field early becomes a space.
    func append(fieldValue bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index].isFieldByte ? bytes[index] : ASCII.space
            unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count &+= 1
        }
    }

    /// Forgets what follows the first `count` bytes.
    ///
    /// Memory grown for a large reply is given back.
    func truncate(to count: Int) {
        self.count = count
        if count == 0, capacity > OutputBuffer.keptCapacity {
            unsafe storage.deallocate()
            capacity = OutputBuffer.ordinaryCapacity
            unsafe storage = .allocate(byteCount: capacity, alignment: 1)
        }
    }

    @inline(__always)
    private func reserve(_ additional: Int) {
        guard additional > capacity &- count else { return }
        grow(additional)
    }

    @inline(never)
    private func grow(_ additional: Int) {
        var larger = capacity
        while larger - count < additional {
            larger *= 2
        }
        let replacement = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        unsafe memcpy(replacement, storage, count)
        unsafe storage.deallocate()
        unsafe storage = replacement
        capacity = larger
    }
}
