private import Glibc
internal import Transport

/// What became of a connection.
enum ClientFailure: Error, Equatable {
    /// It can't be opened.
    case connect(Int32)
    /// It took too long to open.
    case connectTimeout
    /// The server closed it before its reply was complete.
    case closed
    /// The reply took too long.
    case timeout
    /// The reply can't be understood.
    case malformed(String)

    /// How reports call it.
    var name: String {
        switch self {
        case .connect(let code): unsafe "connect: " + (strerror(code).map { unsafe String(cString: $0) } ?? "\(code)")
        case .connectTimeout: "connect: timeout"
        case .closed: "connection closed"
        case .timeout: "timeout"
        case .malformed(let what): "malformed reply: \(what)"
        }
    }
}

/// Whoever uses connections.
///
/// Called on the reactor's thread.
protocol ClientOwner: AnyObject {
    /// It is open and free.
    func opened(_ connection: ClientConnection)
    /// The reply is in `connection.reply`.
    ///
    /// The connection is free if it is still open; else `opened` follows.
    func replied(_ connection: ClientConnection)
    /// A request got no reply, or, when `wasBusy` is false, the connection could not be opened or kept.
    ///
    /// `opened` follows when it is open again.
    func failed(_ connection: ClientConnection, _ failure: ClientFailure, wasBusy: Bool)
}

/// What connections of one thread share.
final class ClientContext {
    let reactor: Reactor
    let endpoint: HTTPEndpoint
    let timeout: UInt64
    /// Where what has come is read into.
    var input = [UInt8](repeating: 0, count: 64 << 10)

    init(reactor: Reactor, endpoint: HTTPEndpoint, timeout: UInt64) {
        self.reactor = reactor
        self.endpoint = endpoint
        self.timeout = timeout
    }
}

/// One keep-alive connection, with at most one request in flight, which opens itself again.
final class ClientConnection: ReadinessHandler {
    private enum State {
        case closed
        case connecting
        case free
        case busy
    }

    private static let shortestPause: UInt64 = 10_000_000
    private static let longestPause: UInt64 = 1_000_000_000

    /// What the owner is doing with it.
    var task = ClientTask()
    /// The request to send.
    var output: [UInt8] = []
    private(set) var reply = ReplyReader()
    /// Bytes of the current reply, head included.
    private(set) var received = 0

    private let context: ClientContext
    private unowned let owner: any ClientOwner
    private var descriptor: Int32 = -1
    private var state = State.closed
    private var sent = 0
    private var deadline = UInt64.max
    private var pause = shortestPause
    private var waitsToWrite = false
    private var isRetired = false

    init(_ context: ClientContext, owner: any ClientOwner) {
        self.context = context
        self.owner = owner
    }

    /// Whether a request may be sent.
    var isFree: Bool { state == .free }

    /// Opens it; the owner is told how that ends.
    func open() {
        guard state == .closed, !isRetired else { return }
        descriptor = socket(context.endpoint.family, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
        guard descriptor >= 0 else { return fail(.connect(errno)) }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        state = .connecting
        deadline = MonotonicClock.now &+ context.timeout
        let code = unsafe context.endpoint.address.withUnsafeBytes { bytes in
            unsafe connect(
                descriptor,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
        guard code == 0 || errno == EINPROGRESS else { return fail(.connect(errno)) }
        watch([.write])
    }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    /// Sends `output`; `now`: the time it is sent.
    func send(keepsBody: Bool, now: UInt64) {
        guard state == .free else { return fail(.closed) }
        state = .busy
        sent = 0
        received = 0
        deadline = now &+ context.timeout
        reply.reset(keepsBody: keepsBody)
        flush()
    }

    /// Closes it for good.
    func retire() {
        isRetired = true
        close()
    }

    /// Fails what has taken too long.
    func checkDeadline(_ now: UInt64) {
        guard now >= deadline else { return }
        switch state {
        case .connecting: fail(.connectTimeout)
        case .busy: fail(.timeout)
        case .closed, .free: break
        }
    }

    // MARK: Events

    func ready(_ events: Readiness) {
        switch state {
        case .connecting: finishConnecting()
        case .free, .busy:
            if events.contains(.write), waitsToWrite { flush() }
            if state != .closed, events.contains(.read) || events.contains(.failed) { receive() }
        case .closed: break
        }
    }

    private func finishConnecting() {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { return fail(.connect(code)) }
        state = .free
        deadline = .max
        watch([.read])
        owner.opened(self)
    }

    private func flush() {
        while sent < output.count {
            let count = unsafe output.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN else { return fail(.closed) }
                if !waitsToWrite {
                    waitsToWrite = true
                    watch([.read, .write])
                }
                return
            }
            sent += count
        }
        if waitsToWrite {
            waitsToWrite = false
            watch([.read])
        }
    }

    private func receive() {
        let count = unsafe context.input.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor, bytes.baseAddress, bytes.count, 0)
        }
        if count < 0 {
            if errno != EAGAIN, errno != EINTR { fail(.closed) }
            return
        }
        guard count > 0 else {
            if state == .busy, !reply.isUntouched, reply.end() { return finish() }
            return fail(.closed)
        }
        guard state == .busy else { return fail(.malformed("bytes without a request")) }
        received += count
        let input = context.input
        do throws(ReplyProblem) {
            try reply.take(input.span.extracting(0..<count))
        } catch {
            return fail(.malformed(error.name))
        }
        if reply.isDone { finish() }
    }

    private func finish() {
        deadline = .max
        pause = Self.shortestPause
        if reply.keepsAlive, sent == output.count {
            state = .free
            owner.replied(self)
        } else {
            close()
            owner.replied(self)
            open()
        }
    }

    private func fail(_ failure: ClientFailure) {
        let wasBusy = state == .busy
        close()
        if !isRetired {
            // Half to all of the pause, so that connections do not come back all at once.
            let delay = pause / 2 + UInt64.random(in: 0...pause / 2)
            pause = min(pause * 2, Self.longestPause)
            context.reactor.schedule(after: delay) { [weak self] in self?.open() }
        }
        owner.failed(self, failure, wasBusy: wasBusy)
    }

    private func watch(_ interest: Interest) {
        do throws(TransportError) {
            try context.reactor.watch(descriptor, interest, self)
        } catch {
            fail(.connect(error.errno))
        }
    }

    private func close() {
        state = .closed
        deadline = .max
        waitsToWrite = false
        guard descriptor >= 0 else { return }
        context.reactor.unwatch(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }
}
