/// A half-open range of byte offsets into a request or reply body.
public struct ByteRange: Sendable, Equatable {
    /// Offset of the first byte.
    public var start: Int
    /// Offset just past the last byte.
    public var end: Int

    /// A range from `start` up to, not including, `end`.
    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Length in bytes.
    public var count: Int { end - start }

    /// The bytes of `body` in this range.
    ///
    /// The range must come from a parse of the same bytes.
    public func slice(of body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: body[start..<end])
    }
}
