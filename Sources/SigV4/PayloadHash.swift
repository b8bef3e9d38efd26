/// The hash of a request's body, as a signature covers it.
public struct PayloadDigest: Sendable {
    let bytes: Digest

    /// Hashes a whole body.
    public init(of body: [UInt8]) {
        bytes = body.withBytes { SHA256Hash.digest(of: $0) }
    }

    init(bytes: Digest) {
        self.bytes = bytes
    }
}

/// Hashes a body piece by piece, as it arrives.
public struct PayloadHash {
    private var hash = SHA256Hash()

    /// Of nothing as yet.
    public init() {}

    /// Takes the next piece.
    public mutating func update(_ piece: UnsafeRawBufferPointer) {
        unsafe hash.update(Bytes(piece))
    }

    /// The digest of all pieces.
    public func finish() -> PayloadDigest {
        var hash = hash
        return PayloadDigest(bytes: hash.finish())
    }
}
