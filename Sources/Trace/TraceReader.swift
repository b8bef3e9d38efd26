internal import Glibc

/// Reads a trace, request by request, in bounded memory.
///
/// A trace is CSV, `ts,op,key,key_size,value_size,ttl` in each line (docs/replay.md), plain or .xz.
@safe public final class TraceReader {
    /// Bytes a line may have.
    public static let longestLine = 8 << 10
    private static let windowSize = 1 << 20

    private var input: TraceInput
    private let window: UnsafeMutableRawBufferPointer
    /// What of the window has not been read.
    private var rest = 0..<0
    private var hasEnded = false
    private var line = 0

    /// Opens a trace: a file's path, or `-` for standard input.
    public init(path: String) throws(TraceError) {
        input = try TraceInput(path: path)
        unsafe window = .allocate(byteCount: Self.windowSize, alignment: 16)
    }

    deinit {
        unsafe window.deallocate()
    }

    /// What errors call it.
    public var name: String { input.name }

    /// The file's length in bytes, as it is stored; nil when it is not known.
    public var inputSize: Int? { input.size }

    /// Bytes of the file read so far, as it is stored.
    public var inputConsumed: Int { input.consumed }

    /// The next request; nil at the end.
    public func next() throws(TraceError) -> TraceRequest? {
        while let line = unsafe try nextLine() {
            if unsafe line.isEmpty { continue }
            do throws(TraceLine.Problem) {
                return unsafe try TraceLine.parse(line)
            } catch {
                if self.line == 1, unsafe TraceLine.isHeader(line) { continue }
                throw failure(error.description)
            }
        }
        return nil
    }

    /// The next line without its end; nil at the end of the trace.
    private func nextLine() throws(TraceError) -> UnsafeRawBufferPointer? {
        var searched = 0
        while true {
            let text = unsafe UnsafeRawBufferPointer(rebasing: window[rest])
            if let length = unsafe Self.lineFeed(in: text, from: searched) {
                line += 1
                rest = rest.lowerBound + length + 1..<rest.upperBound
                return unsafe try checked(UnsafeRawBufferPointer(rebasing: text[..<length]))
            }
            guard text.count <= Self.longestLine + 1 else {
                line += 1
                throw tooLong
            }
            searched = text.count
            if hasEnded {
                // A last line without an end.
                if unsafe text.isEmpty { return nil }
                line += 1
                rest = rest.upperBound..<rest.upperBound
                return unsafe try checked(text)
            }
            try fill()
        }
    }

    private func checked(_ line: UnsafeRawBufferPointer) throws(TraceError) -> UnsafeRawBufferPointer {
        let hasReturn = unsafe line.last == UInt8(ascii: "\r")
        let line = unsafe hasReturn ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        guard line.count <= Self.longestLine else { throw tooLong }
        return unsafe line
    }

    private func fill() throws(TraceError) {
        let kept = rest.count
        unsafe window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[rest]))
        let count = unsafe try input.read(into: UnsafeMutableRawBufferPointer(rebasing: window[kept...]))
        rest = 0..<kept + count
        hasEnded = count == 0
    }

    private static func lineFeed(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = text.baseAddress, start < text.count else { return nil }
        guard let found = unsafe memchr(base + start, 0x0A, text.count - start) else { return nil }
        return unsafe base.distance(to: UnsafeRawPointer(found))
    }

    private var tooLong: TraceError {
        failure("it is longer than \(Self.longestLine) bytes")
    }

    private func failure(_ problem: String) -> TraceError {
        TraceError(file: input.name, line: line, problem: problem)
    }
}
