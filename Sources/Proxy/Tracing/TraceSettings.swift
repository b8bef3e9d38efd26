/// Where the requests are recorded, as a trace for `leveret replay`.
public struct TraceSettings: Sendable, Equatable {
    /// The file, which must not be there yet.
    public var path: String
    /// Bytes at which the recording ends.
    public var maxSize: Int

    /// 1 GiB unless told.
    public init(path: String, maxSize: Int = 1 << 30) {
        self.path = path
        self.maxSize = maxSize
    }
}
