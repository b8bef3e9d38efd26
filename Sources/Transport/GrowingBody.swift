extension [UInt8] {
    /// Bodies up to this size grow as any array does.
    private static var smallBody: Int { 256 << 10 }
    /// What most services take or give at most, and some more.
    private static var largeBody: Int { 17 << 20 }

    /// Makes room for `count` more bytes of a body that arrives piece by piece, of at most `limit` bytes.
    ///
    /// Once a body turns out to be large it gets room for all of it: to move it as it grows would take long. Room is no
    /// more than addresses until it is written to; even so it is not given for a mere announcement. `expected` is the
    /// whole length where it is known.
    public mutating func reserveRoom(for count: Int, expected: Int? = nil, limit: Int) {
        let needed = self.count + count
        guard needed > capacity, needed > Self.smallBody else { return }
        let whole = expected ?? Swift.max(Self.largeBody, capacity * 2)
        reserveCapacity(Swift.max(needed, Swift.min(whole, limit)))
    }

    /// Appends the bytes of `range`.
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
