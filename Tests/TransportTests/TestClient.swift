import Foundation

/// What a server has answered.
struct TestReply: Equatable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A blocking client that sends bytes as they are.
///
/// Gives up after five seconds.
final class TestClient {
    enum Failure: Error {
        case connect
        case closed
        case malformed
    }

    let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16, host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else { throw Failure.connect }
        defer { freeaddrinfo(found) }
        descriptor = socket(found.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        guard connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            throw Failure.connect
        }
    }

    deinit {
        close(descriptor)
    }

    /// False when the server has reset the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        TestClient.send(bytes, to: descriptor)
    }

    /// Sends the pieces from another thread, with a pause after each, until they are sent or the server closes.
    func sendInBackground(_ pieces: [[UInt8]], pause: UInt32 = 0) {
        let descriptor = dup(descriptor)
        Thread.detachNewThread {
            for piece in pieces {
                guard TestClient.send(piece, to: descriptor) else { break }
                usleep(pause)
            }
            close(descriptor)
        }
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Closes the sending direction only.
    func endOutput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes so that the server sees a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    /// Reads one reply; its body by `Content-Length`.
    func reply() throws -> TestReply {
        let headEnd = try readHead()
        let head = String(decoding: received[..<headEnd], as: UTF8.self)
        received.removeSubrange(..<(headEnd + 4))
        var lines = head.components(separatedBy: "\r\n")
        let first = lines.removeFirst().split(separator: " ")
        guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]) else { throw Failure.malformed }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed }
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
        }
        var body: [UInt8] = []
        if status >= 200 {
            guard let length = headers["content-length"].flatMap(Int.init) else { throw Failure.malformed }
            while received.count < length {
                try readMore()
            }
            body = Array(received[..<length])
            received.removeSubrange(..<length)
        }
        return TestReply(status: status, headers: headers, body: body)
    }

    /// The next bytes.
    func bytes(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            try readMore()
        }
        defer { received.removeSubrange(..<count) }
        return Array(received[..<count])
    }

    /// All bytes until the server closes.
    func remainder() throws -> [UInt8] {
        while true {
            do {
                try readMore()
            } catch Failure.closed {
                return received
            }
        }
    }

    /// Whether the server closes, with nothing more to be read.
    func isClosed() -> Bool {
        (try? remainder())?.isEmpty ?? false
    }

    private func readHead() throws -> Int {
        while true {
            if let range = received.firstRange(of: Array("\r\n\r\n".utf8)) { return range.lowerBound }
            try readMore()
        }
    }

    private func readMore() throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count != 0 else { throw Failure.closed }
        guard count > 0 else { throw Failure.malformed }
        received += buffer[..<count]
    }
}
