import Foundation
import Glibc
import Synchronization

/// A server on a loopback port whose every connection is played by a script on a thread of its own.
///
/// All socket operations end within five seconds, so that a failing test ends too.
final class ScriptedServer: Sendable {
    /// What came over one connection: complete requests only.
    struct Request: Sendable {
        var connection: Int
        var head: String
        var body: [UInt8]

        /// Lines after the request line.
        var headers: [String] { head.components(separatedBy: "\r\n").dropFirst().filter { !$0.isEmpty } }

        func header(_ name: String) -> String? {
            headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let accepted = Mutex(0)

    /// Requests read by the scripts, in order.
    var requests: [Request] { seen.withLock { $0 } }
    /// Connections accepted.
    var connections: Int { accepted.withLock { $0 } }

    init(_ script: @escaping @Sendable (Connection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let self else {
                    // Closed here alone: else this thread might accept on a descriptor that is another server's by now.
                    close(listener)
                    if descriptor >= 0 { close(descriptor) }
                    return
                }
                let number = self.accepted.withLock { count in
                    count += 1
                    return count
                }
                let connection = Connection(descriptor, number) { [weak self] request in
                    self?.seen.withLock { $0.append(request) }
                }
                Thread.detachNewThread {
                    script(connection)
                    connection.close()
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }
}

/// The server's end of one connection.
final class Connection: Sendable {
    /// Counts from 1.
    let number: Int
    private let descriptor: Mutex<Int32?>
    private let record: @Sendable (ScriptedServer.Request) -> Void

    init(_ descriptor: Int32, _ number: Int, _ record: @escaping @Sendable (ScriptedServer.Request) -> Void) {
        self.number = number
        self.descriptor = Mutex(descriptor)
        self.record = record
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Reads one request with a Content-Length; nil when the client closed.
    @discardableResult
    func readRequest() -> ScriptedServer.Request? {
        guard let head = readHead() else { return nil }
        var request = ScriptedServer.Request(connection: number, head: head, body: [])
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        guard let body = readBytes(length) else { return nil }
        request.body = body
        record(request)
        return request
    }

    func readHead() -> String? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard head.count < 1 << 16, let byte = readBytes(1) else { return nil }
            head += byte
        }
        return String(decoding: head.dropLast(4), as: UTF8.self)
    }

    func readBytes(_ count: Int) -> [UInt8]? {
        guard let descriptor = descriptor.withLock({ $0 }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, 0)
            }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }

    /// False when the client does not take it.
    @discardableResult
    func send(_ text: String) -> Bool {
        guard let descriptor = descriptor.withLock({ $0 }) else { return false }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            bytes = bytes.dropFirst(sent)
        }
        return true
    }

    func reply(status: Int = 200, headers: String = "", _ body: String) {
        send("HTTP/1.1 \(status) Some\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(open, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            Glibc.close(open)
            descriptor = nil
        }
    }
}
