import CLibcrypto

/// SHA-256 of messages that mostly begin as the one before did.
///
/// A client's canonical requests of one second and one operation differ in little but the payload's hash, which stands
/// last; so do its strings to sign. What begins alike, in whole blocks, is hashed once: a session token, say.
@safe
final class PrefixHash {
    /// The message before.
    private var previous = ByteBuffer(capacity: 2048)
    /// The state before any message.
    private var start = SIMD8<UInt32>()
    /// What so many blocks of `previous` have made of it.
    private var state = SIMD8<UInt32>()
    private var blocks = 0

    deinit {
        // As good as a signing key, for messages that begin alike.
        unsafe OPENSSL_cleanse(&start, MemoryLayout.size(ofValue: start))
        unsafe OPENSSL_cleanse(&state, MemoryLayout.size(ofValue: state))
    }

    /// Goes on with `message` from a state that `earlier` blocks have led to.
    ///
    /// The message is swapped for another, which is of no meaning.
    func digest(of message: inout ByteBuffer, after earlier: Int, _ first: SIMD8<UInt32>) -> Digest {
        if first != start || !isAlike(message, 0..<blocks) {
            (start, state, blocks) = (first, first, 0)
        }
        var hash = SHA256Hash(after: earlier + blocks, state)
        var common = blocks
        while isAlike(message, common..<common + 1) { common += 1 }
        if common > blocks {
            hash.update(message.bytes[Self.bytes(blocks..<common)])
            (state, blocks) = (hash.state, common)
        }
        hash.update(message.bytes[blocks * SHA256Hash.blockSize..<message.count])
        swap(&message, &previous)
        return hash.finish()
    }

    /// The digest of a whole message.
    func digest(of message: inout ByteBuffer) -> Digest {
        digest(of: &message, after: 0, SHA256Hash.initialState)
    }

    /// Whether these blocks are the same in the message before.
    private func isAlike(_ message: borrowing ByteBuffer, _ blocks: Range<Int>) -> Bool {
        let range = Self.bytes(blocks)
        guard range.upperBound <= min(message.count, previous.count) else { return false }
        return message.bytes[range].equals(previous.bytes[range])
    }

    private static func bytes(_ blocks: Range<Int>) -> Range<Int> {
        blocks.lowerBound * SHA256Hash.blockSize..<blocks.upperBound * SHA256Hash.blockSize
    }
}
