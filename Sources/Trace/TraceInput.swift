internal import Glibc

/// The bytes of a trace, decompressed if they are an .xz file's: from a file or standard input.
@safe struct TraceInput: ~Copyable {
    private static let blockSize = 256 << 10
    private static let standardInput = "-"

    /// What errors call it.
    let name: String
    /// The file's length; nil for what has none.
    let size: Int?
    /// Bytes of the file read so far.
    private(set) var consumed = 0

    private let descriptor: Int32
    private let block: UnsafeMutableRawBufferPointer
    /// What of the block has not been used.
    private var rest = 0..<0
    private var hasEnded = false
    private var isStarted = false
    private var isFinished = false
    private var decoder: XZDecoder?

    init(path: String) throws(TraceError) {
        if path == Self.standardInput {
            name = "standard input"
            descriptor = STDIN_FILENO
        } else {
            name = path
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw TraceError(file: path, problem: SystemError.text()) }
        }
        var status = stat()
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : nil
        unsafe block = .allocate(byteCount: Self.blockSize, alignment: 16)
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
        unsafe block.deallocate()
    }

    /// Puts at least one byte at the beginning of `output`, and returns how many; 0 at the end.
    mutating func read(into output: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
        if !isStarted { try start() }
        guard decoder != nil else {
            if rest.isEmpty { try fill() }
            let part = rest.prefix(output.count)
            unsafe output.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[part]))
            rest = part.upperBound..<rest.upperBound
            return part.count
        }
        while !isFinished {
            if rest.isEmpty { try fill() }
            let progress: XZDecoder.Progress?
            do throws(XZDecoder.Problem) {
                progress = unsafe try decoder?.decode(
                    UnsafeRawBufferPointer(rebasing: block[rest]),
                    into: output,
                    isLast: hasEnded
                )
            } catch {
                throw TraceError(file: name, problem: error.description)
            }
            guard let progress else { break }
            rest = rest.lowerBound + progress.consumed..<rest.upperBound
            isFinished = progress.isFinished
            if progress.produced > 0 { return progress.produced }
        }
        return 0
    }

    /// Finds out by its first bytes what the input is.
    private mutating func start() throws(TraceError) {
        isStarted = true
        while rest.count < XZDecoder.magic.count, !hasEnded { try fill() }
        let head = unsafe Array(block[rest].prefix(XZDecoder.magic.count))
        if head.count >= 3, XZDecoder.magic.starts(with: head) {
            do throws(XZDecoder.Problem) {
                decoder = try XZDecoder()
            } catch {
                throw TraceError(file: name, problem: error.description)
            }
        } else if let other = Self.foreign.first(where: { head.starts(with: $0.magic) }) {
            throw TraceError(
                file: name,
                problem: "it is compressed with \(other.name); decompress it and pipe it in: --trace -"
            )
        }
    }

    private static let foreign: [(magic: [UInt8], name: String)] = [
        ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), (Array("BZh".utf8), "bzip2"),
    ]

    /// Reads on, behind what is left of the block.
    private mutating func fill() throws(TraceError) {
        guard !hasEnded else { return }
        if rest.isEmpty { rest = 0..<0 }
        while true {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: block[rest.upperBound...])
            let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw TraceError(file: name, problem: SystemError.text())
            }
            hasEnded = count == 0
            consumed += count
            rest = rest.lowerBound..<rest.upperBound + count
            return
        }
    }
}

/// What the system says of its last error.
enum SystemError {
    static func text(_ code: Int32 = errno) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
