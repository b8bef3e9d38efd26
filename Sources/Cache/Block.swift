internal import Glibc

/// One entry's memory, a single allocation.
///
///     +-----------------------------------------------------------------------+-----------+-------------+
///     | next | newer | older | hash | expiresAt | keyCount | valueCount | mark | key bytes | value bytes |
///     +-----------------------------------------------------------------------+-----------+-------------+
///       8      8       8       8      8           4          4            4 + 4
@unsafe struct Block: Equatable {
    @unsafe struct Header {
        /// The next entry in the same index bucket.
        var next: Block?
        /// Neighbours in the list of recency.
        var newer: Block?
        var older: Block?
        let hash: UInt64
        let expiresAt: UInt64
        let keyCount: UInt32
        let valueCount: UInt32
        let mark: UInt32
    }

    private let pointer: UnsafeMutablePointer<Header>

    /// Copies key and value into a new block; nil when the system has no memory.
    ///
    /// Their counts fit in 32 bits.
    static func allocate(
        key: UnsafeRawBufferPointer,
        hash: UInt64,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64
    ) -> Block? {
        let headerSize = unsafe MemoryLayout<Header>.stride
        guard let memory = unsafe malloc(headerSize + key.count + value.count) else { return nil }
        let pointer = unsafe memory.bindMemory(to: Header.self, capacity: 1)
        unsafe pointer.initialize(
            to: Header(
                hash: hash,
                expiresAt: expiresAt,
                keyCount: UInt32(truncatingIfNeeded: key.count),
                valueCount: UInt32(truncatingIfNeeded: value.count),
                mark: mark
            )
        )
        let payload = unsafe UnsafeMutableRawBufferPointer(start: memory + headerSize, count: key.count + value.count)
        unsafe payload.copyMemory(from: key)
        unsafe UnsafeMutableRawBufferPointer(rebasing: payload[key.count...]).copyMemory(from: value)
        return unsafe Block(pointer: pointer)
    }

    static func == (one: Block, other: Block) -> Bool {
        unsafe one.pointer == other.pointer
    }

    func free() {
        unsafe Glibc.free(pointer)
    }

    var header: Header {
        unsafeAddress { unsafe UnsafePointer(pointer) }
        nonmutating unsafeMutableAddress { unsafe pointer }
    }

    var key: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: payload, count: Int(header.keyCount))
    }

    var value: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: payload + Int(header.keyCount), count: Int(header.valueCount))
    }

    func holds(_ other: UnsafeRawBufferPointer) -> Bool {
        let count = unsafe Int(header.keyCount)
        guard other.count == count, let start = other.baseAddress else { return other.count == count }
        return unsafe memcmp(payload, start, count) == 0
    }

    /// The bytes this block takes from the heap.
    var footprint: Int {
        unsafe Self.footprint(payload: Int(header.keyCount) + Int(header.valueCount))
    }

    /// The bytes of heap behind a block: glibc's chunks are multiples of 16 with 8 bytes of their own, and past its
    /// mmap threshold whole pages.
    static func footprint(payload: Int) -> Int {
        let chunk = unsafe (MemoryLayout<Header>.stride + payload + 8 + 15) & ~15
        return unsafe chunk < mmapThreshold ? chunk : (chunk + 8 + 4_095) & ~4_095
    }

    private static let mmapThreshold = 128 << 10

    private var payload: UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(pointer + 1)
    }
}
