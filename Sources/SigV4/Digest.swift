import CLibcrypto

/// A SHA-256 digest.
typealias Digest = InlineArray<32, UInt8>

/// A SHA-256 computation.
///
/// A plain value: copying it saves the state.
struct SHA256Hash {
    /// Bytes.
    static let blockSize = 64
    /// The state before any message (FIPS 180-4, 5.3.3).
    static let initialState = SHA256Hash().state

    private var context = SHA256_CTX()

    init() {
        unsafe SHA256_Init(&context)
    }

    /// Goes on after whole blocks, from what they have made of the state.
    init(after blocks: Int, _ state: SIMD8<UInt32>) {
        unsafe withUnsafeMutableBytes(of: &context.h) { words in
            unsafe words.storeBytes(of: state, as: SIMD8<UInt32>.self)
        }
        context.Nl = UInt32(blocks * Self.blockSize * 8)
        context.md_len = UInt32(SHA256_DIGEST_LENGTH)
    }

    /// The state; all of it when nothing but whole blocks has come in.
    var state: SIMD8<UInt32> {
        unsafe withUnsafeBytes(of: context.h) { words in unsafe words.loadUnaligned(as: SIMD8<UInt32>.self) }
    }

    static func digest(of bytes: Bytes) -> Digest {
        var hash = SHA256Hash()
        hash.update(bytes)
        return hash.finish()
    }

    mutating func update(_ bytes: Bytes) {
        guard let start = unsafe bytes.buffer.baseAddress else { return }
        unsafe SHA256_Update(&context, start, bytes.count)
    }

    mutating func update(_ digest: Digest) {
        unsafe withUnsafeBytes(of: digest) { bytes in unsafe update(Bytes(bytes)) }
    }

    mutating func finish() -> Digest {
        var digest = Digest(repeating: 0)
        unsafe withUnsafeMutableBytes(of: &digest) { bytes in
            _ = unsafe SHA256_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return digest
    }
}

/// An HMAC-SHA-256 key (RFC 2104), kept as the two hash states that follow its padded blocks, so that a message costs
/// two finishing blocks and the key itself is not needed again.
///
/// Together they are as long as one cache line.
struct HMACKey {
    private var inner: SIMD8<UInt32>
    private var outer: SIMD8<UInt32>

    init(_ key: Bytes) {
        var inner = SHA256Hash()
        var outer = SHA256Hash()
        var block = InlineArray<64, UInt8>(repeating: 0x36)
        if key.count <= block.count {
            for index in 0..<key.count { block[index] ^= key[index] }
        } else {
            let digest = SHA256Hash.digest(of: key)
            for index in digest.indices { block[index] ^= digest[index] }
        }
        unsafe withUnsafeMutableBytes(of: &block) { bytes in
            unsafe inner.update(Bytes(UnsafeRawBufferPointer(bytes)))
            for index in bytes.indices { unsafe bytes[index] ^= 0x36 ^ 0x5c }
            unsafe outer.update(Bytes(UnsafeRawBufferPointer(bytes)))
            unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        }
        self.inner = inner.state
        self.outer = outer.state
    }

    init(_ key: Digest) {
        self = unsafe withUnsafeBytes(of: key) { bytes in unsafe HMACKey(Bytes(bytes)) }
    }

    func code(for message: Bytes) -> Digest {
        var inner = SHA256Hash(after: 1, inner)
        inner.update(message)
        return code(inner.finish())
    }

    /// The same through `hash`, which takes the message.
    func code(for message: inout ByteBuffer, _ hash: PrefixHash) -> Digest {
        code(hash.digest(of: &message, after: 1, inner))
    }

    private func code(_ inner: Digest) -> Digest {
        var outer = SHA256Hash(after: 1, outer)
        outer.update(inner)
        return outer.finish()
    }

    /// Overwrites the state.
    mutating func erase() {
        unsafe withUnsafeMutableBytes(of: &self) { bytes in
            unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        }
    }
}

extension HMACKey {
    /// Overwrites `key` once it is taken in.
    init(erasing key: UnsafeMutableRawBufferPointer) {
        unsafe self.init(Bytes(UnsafeRawBufferPointer(key)))
        unsafe OPENSSL_cleanse(key.baseAddress, key.count)
    }
}
