internal import CLzma

/// Decompresses .xz streams, any number of them one after the other.
@safe struct XZDecoder: ~Copyable {
    /// The first bytes of every .xz stream.
    static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    /// What the largest preset needs, with room to spare; a file may ask for up to 4 GiB.
    private static let memoryLimit: UInt64 = 256 << 20

    /// What one step did.
    struct Progress {
        var consumed: Int
        var produced: Int
        /// The last stream has ended, and so has the input.
        var isFinished: Bool
    }

    /// Why the input can't be decompressed.
    struct Problem: Error {
        var description: String
    }

    private var stream = unsafe lzma_stream()

    init() throws(Problem) {
        let code = unsafe leveret_xz_decoder(&stream, Self.memoryLimit)
        guard code == LZMA_OK else { throw Self.problem(code) }
    }

    deinit {
        var stream = unsafe stream
        unsafe lzma_end(&stream)
    }

    /// Decompresses from `input` into `output` until one of the two is used up.
    ///
    /// `isLast` says that no input follows.
    mutating func decode(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        isLast: Bool
    ) throws(Problem) -> Progress {
        unsafe stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_in = input.count
        unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_out = output.count
        let code = unsafe lzma_code(&stream, isLast ? LZMA_FINISH : LZMA_RUN)
        let progress = unsafe Progress(
            consumed: input.count - stream.avail_in,
            produced: output.count - stream.avail_out,
            isFinished: code == LZMA_STREAM_END
        )
        guard code == LZMA_OK || code == LZMA_STREAM_END else { throw Self.problem(code) }
        return progress
    }

    private static func problem(_ code: lzma_ret) -> Problem {
        switch code {
        case LZMA_BUF_ERROR: Problem(description: "the compressed data is cut off")
        case LZMA_DATA_ERROR: Problem(description: "the compressed data is corrupt")
        case LZMA_OPTIONS_ERROR: Problem(description: "it uses an .xz filter or check that is not supported")
        case LZMA_MEMLIMIT_ERROR: Problem(description: "decompressing it takes more than \(memoryLimit >> 20) MiB")
        case LZMA_MEM_ERROR: Problem(description: "no memory is left to decompress it")
        default: Problem(description: "it can't be decompressed (code \(code.rawValue))")
        }
    }
}
