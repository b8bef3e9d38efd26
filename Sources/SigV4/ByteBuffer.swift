/// A growable buffer that keeps its memory between uses, so that a warm one is filled without allocating.
@safe struct ByteBuffer: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        unsafe storage = .allocate(byteCount: capacity, alignment: 16)
    }

    init(_ text: String) {
        self.init(capacity: text.utf8.count)
        append(text)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Valid until the buffer is next changed.
    var bytes: Bytes { unsafe Bytes(UnsafeRawBufferPointer(rebasing: storage[..<count])) }

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
        unsafe storage[count] = byte
        count += 1
    }

    mutating func append(_ bytes: Bytes) {
        guard let from = unsafe bytes.buffer.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        unsafe storage.baseAddress?.advanced(by: count).copyMemory(from: from, byteCount: bytes.count)
        count += bytes.count
    }

    /// Two characters or more, see `Bytes`.
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
        count += min(unsafe write(UnsafeMutableRawBufferPointer(rebasing: storage[count..<count + limit])), limit)
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
        if unsafe extra > storage.count &- count { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + extra) * 2, alignment: 16)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
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

    /// Where the item that begins at `start` ends, and where the next begins.
    ///
    /// The separator may be percent-encoded.
    func item(from start: Int, separator: UInt8) -> (end: Int, next: Int) {
        var end = start
        while true {
            end = firstIndex(of: separator, or: UInt8(ascii: "%"), from: end)
            if end == count { return (end, end) }
            if unsafe buffer[end] == separator { return (end, end + 1) }
            var next = end
            let byte = percentDecoded(at: &next)
            if byte == nil || byte == separator { return (end, next) }
            end = next
        }
    }
}
