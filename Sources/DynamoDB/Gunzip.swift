private import CZlib

/// Why a gzip body was refused.
public enum GunzipError: Error, Sendable, Equatable {
    /// Not gzip, cut short, wrong checksum, or followed by other bytes.
    case malformed
    /// More bytes inside than the caller allows.
    case tooLarge
}

/// Decompression of `Content-Encoding: gzip` request bodies (RFC 1952: one or more members, nothing after them).
public enum Gunzip {
    private static let chunkCount = 64 << 10

    /// The bytes inside.
    ///
    /// Never holds more than `limit` bytes of them, however well they were compressed.
    public static func decompress(
        _ bytes: UnsafeRawBufferPointer,
        limit: Int
    ) throws(GunzipError) -> [UInt8] {
        guard let base = bytes.baseAddress, bytes.count <= Int(UInt32.max) else { throw .malformed }
        var stream = unsafe z_stream()
        guard unsafe leveret_inflate_init_gzip(&stream) == Z_OK else { throw .malformed }
        defer { unsafe inflateEnd(&stream) }
        // zlib's type is not const; it does not write through next_in.
        unsafe stream.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
        unsafe stream.avail_in = UInt32(bytes.count)

        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkCount)
        while true {
            let (status, produced) = unsafe chunk.withUnsafeMutableBytes { chunk in
                unsafe stream.next_out = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_out = UInt32(chunk.count)
                let status = unsafe inflate(&stream, Z_NO_FLUSH)
                return unsafe (status, chunk.count - Int(stream.avail_out))
            }
            guard status == Z_OK || status == Z_STREAM_END else { throw .malformed }
            guard produced <= limit - output.count else { throw .tooLarge }
            output.append(contentsOf: chunk[..<produced])
            if status == Z_STREAM_END {
                if unsafe stream.avail_in == 0 { return output }
                // Another member; anything else fails on its header.
                guard unsafe inflateReset(&stream) == Z_OK else { throw .malformed }
            }
        }
    }
}
