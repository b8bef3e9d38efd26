/// A byte buffer of fixed capacity, allocated once and reused for one cache key after another.
///
/// Appending beyond the capacity appends nothing and sets ``isOverflowed`` until the buffer is cut back.
@safe
public final class KeyBuffer {
    private let storage: UnsafeMutableRawBufferPointer
    // No method here calls out while it changes these, so the run-time checks for overlapping access, which cost more
    // than the work itself, are left out.
    @exclusivity(unchecked) private var length = 0
    @exclusivity(unchecked) private var hasOverflowed = false

    /// Bytes held.
    public var count: Int { unsafe length }

    /// Something did not fit.
    public var isOverflowed: Bool { unsafe hasOverflowed }

    /// A buffer for `capacity` bytes.
    ///
    /// The default holds the longest item key (two names of 255 bytes, values of 2,048 and 1,024) and several hundred
    /// bytes of prefix.
    public init(capacity: Int = 8192) {
        unsafe storage = .allocate(byteCount: max(capacity, 1), alignment: 16)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// What has been appended; valid until the next change of the buffer.
    public var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: storage[..<length])
    }

    /// Empties the buffer.
    public func removeAll() {
        truncate(to: 0)
    }

    /// Drops everything from offset `length` on.
    public func truncate(to length: Int) {
        unsafe self.length = unsafe min(self.length, max(length, 0))
        unsafe hasOverflowed = false
    }

    /// Appends one byte.
    @inline(__always)
    public func append(_ byte: UInt8) {
        guard unsafe length < storage.count else {
            unsafe hasOverflowed = true
            return
        }
        unsafe storage[length] = byte
        unsafe length += 1
    }

    /// Appends all of `bytes`, or nothing when they do not fit.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard unsafe bytes.count <= storage.count - length else {
            unsafe hasOverflowed = true
            return
        }
        guard let from = bytes.baseAddress, let room = unsafe storage.baseAddress else { return }
        unsafe (room + length).copyMemory(from: from, byteCount: bytes.count)
        unsafe length &+= bytes.count
    }

    /// Appends 16 bits, the high byte first.
    public func append(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends 64 bits, the high byte first.
    public func append(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    /// Overwrites the byte at `offset`, appended earlier.
    func setByte(at offset: Int, to byte: UInt8) {
        guard 0..<count ~= offset else { return }
        unsafe storage[offset] = byte
    }
}
