internal import Glibc

/// Writes a trace to a new file.
public struct TraceWriter: ~Copyable {
    private static let bufferSize = 64 << 10
    /// Bytes that a line never exceeds.
    private static let lineBound = 96

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Bytes written, those in the buffer included.
    public private(set) var count = 0

    /// Creates the file, readable by its owner only; one that is there already is an error.
    public init(creating path: String) throws(TraceError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TraceError(file: path, problem: SystemError.text()) }
        buffer.reserveCapacity(Self.bufferSize + Self.lineBound)
        buffer += TraceLine.fields.joined(separator: ",").utf8
        buffer.append(UInt8(ascii: "\n"))
        count = buffer.count
    }

    deinit {
        close(descriptor)
    }

    /// Adds a request; its key is written as 16 hexadecimal digits, its time to the millisecond.
    public mutating func append(_ request: TraceRequest) throws(TraceError) {
        let before = buffer.count
        appendDecimal(request.time / 1_000_000_000)
        buffer.append(UInt8(ascii: "."))
        let thousandths = UInt16(request.time % 1_000_000_000 / 1_000_000)
        for place in [100, 10, 1] as [UInt16] { buffer.append(UInt8(ascii: "0") + UInt8(thousandths / place % 10)) }
        switch request.operation {
        case .read: buffer += ",g,".utf8
        case .write: buffer += ",s,".utf8
        case .delete: buffer += ",d,".utf8
        }
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: request.key >> UInt64(shift)) & 15
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
        for number in [UInt64(request.keySize), UInt64(request.valueSize), UInt64(request.timeToLive)] {
            buffer.append(UInt8(ascii: ","))
            appendDecimal(number)
        }
        buffer.append(UInt8(ascii: "\n"))
        count += buffer.count - before
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Hands what was added to the system.
    public mutating func flush() throws(TraceError) {
        var start = 0
        while start < buffer.count {
            let written = unsafe buffer.withUnsafeBytes { bytes in
                unsafe write(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw TraceError(file: path, problem: SystemError.text())
            }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func appendDecimal(_ number: UInt64) {
        var place: UInt64 = 1
        while number / place >= 10 { place *= 10 }
        while place > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / place % 10))
            place /= 10
        }
    }
}
