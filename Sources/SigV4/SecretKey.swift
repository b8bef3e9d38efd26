import Synchronization

/// A secret access key.
///
/// It keeps the HMAC state made from the secret, not the secret, and overwrites it at the end.
public final class SecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never used twice in a process; names the secret in caches of what is derived from it.
    let identity: UInt64
    private let key: Mutex<HMACKey>
    private static let identities = Atomic<UInt64>(0)

    /// Takes the secret's bytes; the caller's copy stays the caller's.
    public init(_ bytes: [UInt8]) {
        identity = Self.identities.wrappingAdd(1, ordering: .relaxed).newValue
        var seed = Array("AWS4".utf8)
        seed.reserveCapacity(seed.count + bytes.count)
        seed += bytes
        key = Mutex(unsafe seed.withUnsafeMutableBytes { seed in unsafe HMACKey(erasing: seed) })
    }

    deinit {
        key.withLock { key in key.erase() }
    }

    /// The signing key of a credential scope: HMACs of date, region, service and `aws4_request`, each keyed by the one
    /// before it.
    func signingKey(date: Bytes, region: Bytes, service: Bytes) -> HMACKey {
        let secret = key.withLock { key in key }
        let dateKey = HMACKey(secret.code(for: date))
        let regionKey = HMACKey(dateKey.code(for: region))
        let serviceKey = HMACKey(regionKey.code(for: service))
        return HMACKey(serviceKey.code(for: Bytes("aws4_request")))
    }

    /// Always `redacted`.
    public var description: String { "redacted" }
    /// Always `redacted`.
    public var debugDescription: String { "redacted" }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
