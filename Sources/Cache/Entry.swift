/// An entry as `Store.read` shows it.
@safe public struct Entry {
    /// The value's bytes, valid only during the call.
    public let value: UnsafeRawBufferPointer
    /// The bits that were given to `Store.insert`.
    public let mark: UInt32
    /// Nanoseconds on the caller's clock.
    public let expiresAt: UInt64
}

/// What `Store.read` found.
public enum Lookup<Result> {
    /// A live entry, with what the caller's closure made of it.
    case hit(Result)
    /// Nothing under this key.
    case miss
    /// Only an entry past its time, which has been removed.
    case expired
}

/// What a store holds and what it dropped.
public struct Usage: Sendable, Equatable {
    /// Bytes held, the store's own overhead included.
    public var bytes = 0
    /// Entries held, expired ones that nobody has met yet and purged ones not yet reclaimed included.
    public var items = 0
    /// Bytes of those entries' keys and values.
    public var payload = 0
    /// Entries dropped to make room, since the store was made.
    public var evictions: UInt64 = 0
    /// Entries dropped because they were met past their time, since the store was made.
    public var expirations: UInt64 = 0

    /// An empty store's usage.
    public init() {}

    mutating func add(_ other: Usage) {
        bytes += other.bytes
        items += other.items
        payload += other.payload
        evictions &+= other.evictions
        expirations &+= other.expirations
    }
}

/// An entry that is to be stored, and when; its bytes are lent for the length of a call.
@safe struct NewEntry {
    let key: UnsafeRawBufferPointer
    let hash: UInt64
    let value: UnsafeRawBufferPointer
    let mark: UInt32
    let expiresAt: UInt64
    let group: UInt32
    let now: UInt64

    /// Whether it is of any use, and of a length that can be kept.
    var isStorable: Bool {
        unsafe expiresAt > now && key.count <= Record.maximumKey && value.count <= Record.maximumValue
    }

    var payload: Int { unsafe key.count + value.count }
}
