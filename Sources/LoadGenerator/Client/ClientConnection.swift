private import Glibc
internal import Transport

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
    let server: ServerAddresses
    /// Nanoseconds a reply may take.
    let timeout: UInt64
    /// Nanoseconds that connecting may take, of all addresses together, and then TLS.
    let connectTimeout: UInt64
    /// Where what has come is read into; takes a whole TLS record.
    var input = [UInt8](repeating: 0, count: 64 << 10)
    /// The address that connections try first: the last that worked.
    var preferredAddress = 0

    init(reactor: Reactor, server: ServerAddresses, settings: BenchmarkPlan) {
        self.reactor = reactor
        self.server = server
        timeout = settings.timeout
        connectTimeout = settings.connectTimeout
    }
}

/// One keep-alive connection, with at most one request in flight, which opens itself again.
final class ClientConnection: ReadinessHandler {
    private enum State {
        case closed
        case connecting
        case handshaking
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
    private var stream: ByteStream?
    private var state = State.closed
    private var address = 0
    /// Addresses that may still be tried.
    private var addressesLeft = 0
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
        addressesLeft = context.server.all.count
        address = context.preferredAddress
        connect()
    }

    /// Tries an address.
    private func connect() {
        let target = context.server.all[address]
        let descriptor = socket(target.family, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
        guard descriptor >= 0 else { return refused(errno) }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        guard let stream = ByteStream(descriptor, to: context.server.endpoint.host, tls: context.server.tls) else {
            Glibc.close(descriptor)
            return fail(.tls("it cannot be set up"))
        }
        self.stream = stream
        state = .connecting
        deadline = MonotonicClock.now &+ context.connectTimeout / UInt64(context.server.all.count)
        let code = unsafe target.bytes.withUnsafeBytes { bytes in
            unsafe Glibc.connect(
                descriptor,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
        guard code == 0 || errno == EINPROGRESS else { return refused(errno) }
        watch([.write])
    }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    /// Goes on to the next address, if there is one.
    private func refused(_ code: Int32) {
        addressesLeft -= 1
        guard addressesLeft > 0 else { return fail(.connect(code)) }
        closeStream()
        address = (address + 1) % context.server.all.count
        connect()
    }

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
        case .connecting: refused(ETIMEDOUT)
        case .handshaking: fail(.tls("the handshake took too long"))
        case .busy: fail(.timeout)
        case .closed, .free: break
        }
    }

    // MARK: Events

    func ready(_ events: Readiness) {
        switch state {
        case .connecting: finishConnecting()
        case .handshaking: shakeHands()
        case .free, .busy:
            if events.contains(.write), waitsToWrite { flush() }
            if state != .closed, events.contains(.read) || events.contains(.failed) { receive() }
        case .closed: break
        }
    }

    private func finishConnecting() {
        guard let stream else { return }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(stream.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { return refused(code) }
        context.preferredAddress = address
        state = .handshaking
        deadline = MonotonicClock.now &+ context.connectTimeout
        shakeHands()
    }

    private func shakeHands() {
        switch stream?.handshake() {
        case .done:
            state = .free
            deadline = .max
            watch([.read])
            if isFree { owner.opened(self) }
        case .blocked(let interest): watch(interest)
        case .failed(let reason): fail(.tls(reason))
        case nil: break
        }
    }

    private func flush() {
        while sent < output.count {
            let transfer = unsafe output.withUnsafeBytes { bytes in
                unsafe stream?.write(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            switch transfer {
            case .bytes(let count): sent += count
            case .blocked:
                if !waitsToWrite {
                    waitsToWrite = true
                    watch([.read, .write])
                }
                return
            case .ended, .failed, nil: return fail(.closed)
            }
        }
        if waitsToWrite {
            waitsToWrite = false
            watch([.read])
        }
    }

    private func receive() {
        let transfer = unsafe context.input.withUnsafeMutableBytes { unsafe stream?.read(into: $0) }
        switch transfer {
        case .bytes(let count): take(count)
        // Of TLS it may have been a ticket.
        case .blocked: break
        case .ended:
            if state == .busy, !reply.isUntouched, reply.end() { return finish() }
            fail(.closed)
        case .failed, nil: fail(.closed)
        }
    }

    /// Takes what has been read.
    private func take(_ count: Int) {
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
        guard let stream else { return }
        do throws(TransportError) {
            try context.reactor.watch(stream.descriptor, interest, self)
        } catch {
            fail(.connect(error.errno))
        }
    }

    private func close() {
        state = .closed
        deadline = .max
        waitsToWrite = false
        closeStream()
    }

    private func closeStream() {
        guard let stream else { return }
        context.reactor.unwatch(stream.descriptor)
        stream.close()
        self.stream = nil
    }
}
