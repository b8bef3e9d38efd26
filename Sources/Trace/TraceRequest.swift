/// One request of a trace.
public struct TraceRequest: Sendable, Equatable {
    /// What a request does with its key.
    public enum Operation: UInt8, Sendable {
        /// `g`, `get`.
        case read
        /// `s`, `set`, `put`.
        case write
        /// `d`, `del`, `delete`.
        case delete
    }

    /// Nanoseconds on the trace's own clock.
    public var time: UInt64
    /// Stands for the key: a hash of its text, the same in every process.
    public var key: UInt64
    /// Bytes of the value; 0 for an item that does not exist, or whose size is not known.
    public var valueSize: UInt32
    /// Seconds the item may be kept from `time` on; 0 for ever.
    public var timeToLive: UInt32
    /// Bytes of the key.
    public var keySize: UInt16
    /// What it does.
    public var operation: Operation

    /// Makes a request.
    public init(
        time: UInt64 = 0,
        operation: Operation = .read,
        key: UInt64,
        keySize: UInt16,
        valueSize: UInt32,
        timeToLive: UInt32 = 0
    ) {
        self.time = time
        self.operation = operation
        self.key = key
        self.keySize = keySize
        self.valueSize = valueSize
        self.timeToLive = timeToLive
    }

    /// Bytes of key and value.
    public var size: Int { Int(keySize) + Int(valueSize) }
}
