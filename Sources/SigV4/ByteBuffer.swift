/// A growable buffer that keeps its memory between uses, so that a warm one is filled without allocating.
@safe struct ByteBuffer: ~Copyable {
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        unsafe storage = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    init(_ text: String) {
        self.init(capacity: text.utf8.count)
        append(text)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Valid until the buffer is next changed.
    var bytes: Bytes { unsafe Bytes(UnsafeRawBufferPointer(start: storage, count: count)) }

    mutating func removeAll() {
        count = 0
    }

    /// Drops all after the first `length` bytes.
    mutating func truncate(to length: Int) {
        count = min(count, length)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ bytes: Bytes) {
        guard let from = unsafe bytes.buffer.baseAddress else { return }
        reserve(bytes.count)
        unsafe (storage + count).copyMemory(from: from, byteCount: bytes.count)
        count &+= bytes.count
    }

    /// Two characters or more, see `Bytes`.
    @inline(__always)
    mutating func append(literal text: StaticString) {
        append(Bytes(text))
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Makes room for `limit` bytes and appends as many of them as `write` says it wrote.
    @inline(__always)
    mutating func append(upTo limit: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int) {
        reserve(limit)
        let room = unsafe UnsafeMutableRawBufferPointer(start: storage + count, count: limit)
        count &+= min(unsafe write(room), limit)
    }

    /// The digest in lower-case hexadecimal.
    mutating func appendHexadecimal(_ digest: Digest) {
        unsafe withUnsafeBytes(of: digest) { digest in
            unsafe append(upTo: 64) { room in
                for index in 0..<32 {
                    let byte = unsafe digest[index]
                    unsafe room[index * 2] = Self.hexadecimal(byte >> 4, letters: UInt8(ascii: "a"))
                    unsafe room[index * 2 + 1] = Self.hexadecimal(byte & 15, letters: UInt8(ascii: "a"))
                }
                return 64
            }
        }
    }

    /// The byte itself where it is unreserved or `allowed`, else as `%XX`.
    mutating func appendPercentEncoded(_ byte: UInt8, allowing allowed: UInt8? = nil) {
        if byte.isUnreserved || byte == allowed {
            append(byte)
        } else {
            append(UInt8(ascii: "%"))
            append(Self.hexadecimal(byte >> 4, letters: UInt8(ascii: "A")))
            append(Self.hexadecimal(byte & 15, letters: UInt8(ascii: "A")))
        }
    }

    /// What the percent-encoded bytes stand for.
    ///
    /// A `%` that no two hexadecimal digits follow stands for itself, and so does `+`.
    mutating func appendPercentDecoded(_ bytes: Bytes) {
        var index = 0
        while let byte = bytes.percentDecoded(at: &index) { append(byte) }
    }

    /// The digit's character, without a branch, so that a loop over a digest becomes vector instructions.
    private static func hexadecimal(_ digit: UInt8, letters: UInt8) -> UInt8 {
        UInt8(ascii: "0") &+ digit &+ ((digit &+ 6) >> 4) &* (letters &- UInt8(ascii: "0") &- 10)
    }

    @inline(__always)
    private mutating func reserve(_ extra: Int) {
        if extra > capacity &- count { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        capacity = (count + extra) * 2
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        unsafe larger.copyMemory(from: storage, byteCount: count)
        unsafe storage.deallocate()
        unsafe storage = larger
    }
}

extension Bytes {
    /// The byte that stands at `index`, decoded, and `index` moved behind it; nil at the end.
    func percentDecoded(at index: inout Int) -> UInt8? {
        guard index < count else { return nil }
        let byte = self[index]
        if byte == UInt8(ascii: "%"), index + 2 < count,
            let high = self[index + 1].hexDigit, let low = self[index + 2].hexDigit
        {
            index += 3
            return high << 4 | low
        }
        index += 1
        return byte
    }
}
