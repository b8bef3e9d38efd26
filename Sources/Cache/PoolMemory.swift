internal import Glibc

/// A range of reserved address space, read and written by byte offset.
///
/// Safe to hold and copy; its methods trust their offsets, which come from the structures inside the range (a debug
/// build checks them against its bounds). Unchecked because the compiler cannot see that every byte in use has one
/// owner: a store's shard under its lock, or the pool under its own.
@safe struct PoolMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let count: Int

    /// Reserves address space without committing memory: pages appear, zeroed, when first written.
    ///
    /// Nil when the system refuses.
    static func reserve(_ count: Int, alignment: Int, protection: Int32) -> PoolMemory? {
        let whole = count + alignment
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = unsafe mmap(nil, whole, protection, flags, -1, 0), unsafe start != MAP_FAILED else {
            return nil
        }
        let skip = (alignment - Int(bitPattern: start) & (alignment - 1)) & (alignment - 1)
        if skip > 0 {
            unsafe munmap(start, skip)
        }
        unsafe munmap(start + skip + count, alignment - skip)
        return unsafe PoolMemory(base: start + skip, count: count)
    }

    func unmap() {
        unsafe munmap(base, count)
    }

    /// Makes pages readable and writable; false when the system refuses.
    func commit(_ offset: Int, _ length: Int) -> Bool {
        unsafe mprotect(base + offset, length, PROT_READ | PROT_WRITE) == 0
    }

    /// Asks for pages of 2 MiB.
    func preferHugePages(_ offset: Int, _ length: Int) {
        unsafe madvise(base + offset, length, MADV_HUGEPAGE)
    }

    /// Asks for pages of the usual size again.
    func preferSmallPages(_ offset: Int, _ length: Int) {
        unsafe madvise(base + offset, length, MADV_NOHUGEPAGE)
    }

    /// Gives whole pages back to the system; they read as zero afterwards.
    func discard(_ offset: Int, _ length: Int) {
        unsafe madvise(base + offset, length, MADV_DONTNEED)
    }

    @inline(__always)
    func load<T: BitwiseCopyable>(_ offset: Int, as type: T.Type = T.self) -> T {
        assert(offset >= 0 && offset + MemoryLayout<T>.size <= count)
        return unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self)
    }

    @inline(__always)
    func store<T: BitwiseCopyable>(_ value: T, _ offset: Int) {
        assert(offset >= 0 && offset + MemoryLayout<T>.size <= count)
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
    }

    @inline(__always)
    func bytes(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer {
        assert(offset >= 0 && length >= 0 && offset + length <= count)
        return unsafe UnsafeRawBufferPointer(start: base + offset, count: length)
    }

    func copy(_ source: UnsafeRawBufferPointer, to offset: Int) {
        assert(offset >= 0 && offset + source.count <= count)
        guard let start = source.baseAddress else { return }
        unsafe memcpy(base + offset, start, source.count)
    }

    func copy(from source: Int, to offset: Int, _ length: Int) {
        assert(source >= 0 && source + length <= count && offset >= 0 && offset + length <= count)
        unsafe memcpy(base + offset, base + source, length)
    }

    func clear(_ offset: Int, _ length: Int) {
        assert(offset >= 0 && offset + length <= count)
        unsafe memset(base + offset, 0, length)
    }

    func fill(_ offset: Int, _ length: Int, _ byte: UInt8) {
        assert(offset >= 0 && offset + length <= count)
        unsafe memset(base + offset, Int32(byte), length)
    }

    /// Whether bytes are the same, without a call: keys are short.
    @inline(__always)
    func equals(_ offset: Int, _ other: UnsafeRawBufferPointer) -> Bool {
        assert(offset >= 0 && offset + other.count <= count)
        guard let start = other.baseAddress else { return true }
        let mine = unsafe base + offset
        let length = other.count
        var place = 0
        while place + 8 <= length {
            let left = unsafe mine.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            let right = unsafe start.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if left != right { return false }
            place += 8
        }
        while place < length {
            let left = unsafe mine.load(fromByteOffset: place, as: UInt8.self)
            let right = unsafe start.load(fromByteOffset: place, as: UInt8.self)
            if left != right { return false }
            place += 1
        }
        return true
    }
}
