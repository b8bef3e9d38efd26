internal import CCurl
internal import Glibc
internal import Transport

/// A libcurl multi handle driven by a reactor: libcurl says which sockets and which timer it waits for, the reactor
/// waits, and finished transfers come out of `finished`.
@safe
final class CurlLoop {
    /// Called for each transfer that has ended, outside of libcurl, so that it may add and remove transfers.
    var finished: (_ identity: UInt, _ code: CURLcode) -> Void = { _, _ in }

    private let multi: UnsafeMutableRawPointer
    private let reactor: Reactor
    /// When libcurl wants to be called, in the reactor's time.
    private var due = UInt64.max
    /// Ends no later than `due`: most deadlines move on before they come, and the timer stays.
    private var timer: (handle: Timer, deadline: UInt64)?
    /// A call at the end of the turn is under way.
    private var isCalledSoon = false
    /// What the reactor watches.
    private var sockets: [Int32: Socket] = [:]
    /// Sockets of connections that are kept: libcurl tells when it closes these.
    private var connections: Set<Int32> = []
    private var isClosed = false

    /// A loop without transfers that keeps `idleConnections` open at most, to all endpoints together.
    ///
    /// - Throws: `UpstreamFailure` when libcurl cannot be started.
    init(reactor: Reactor, idleConnections: Int) throws(UpstreamFailure) {
        guard isLibraryReady, let multi = unsafe curl_multi_init() else {
            throw UpstreamFailure(kind: .overloaded, mayHaveBeenSent: false, description: "cannot start libcurl")
        }
        unsafe self.multi = unsafe multi
        self.reactor = reactor
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe _ = ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context)
        unsafe _ = ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
        unsafe _ = ccurl_multi_set_socket_callback(multi) { _, descriptor, what, context, _ in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().watch(descriptor, what)
            return 0
        }
        unsafe _ = ccurl_multi_set_timer_callback(multi) { _, milliseconds, context in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }
        unsafe _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
        unsafe _ = ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        close()
    }

    /// Starts a transfer; it makes its first step in a later callback.
    ///
    /// - Returns: false when memory is out.
    func add(_ easy: EasyHandle) -> Bool {
        guard !isClosed else { return false }
        return unsafe curl_multi_add_handle(multi, easy.pointer) == CURLM_OK
    }

    /// Has libcurl tell when it closes a connection that the handle makes.
    func configure(_ easy: EasyHandle) {
        unsafe easy.set(CURLOPT_CLOSESOCKETDATA, context: Unmanaged.passUnretained(self).toOpaque())
        unsafe easy.setClose { context, descriptor in
            if let context = unsafe context {
                unsafe Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().connectionCloses(descriptor)
            }
            return Glibc.close(descriptor)
        }
    }

    /// Notes that a connection outlives the call that made it.
    ///
    /// From its next call on it is watched without a pause.
    func keeps(_ descriptor: Int32) {
        connections.insert(descriptor)
    }

    private func connectionCloses(_ descriptor: Int32) {
        connections.remove(descriptor)
        forget(descriptor)
    }

    /// Ends a transfer, finished or not.
    func remove(_ easy: EasyHandle) {
        guard !isClosed else { return }
        unsafe _ = curl_multi_remove_handle(multi, easy.pointer)
    }

    /// Closes all connections.
    ///
    /// Every transfer has to be removed before.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe _ = curl_multi_cleanup(multi)
        for descriptor in sockets.keys {
            reactor.unwatch(descriptor)
        }
        sockets = [:]
        cancelTimer()
    }

    fileprivate func advance(_ descriptor: Int32, _ events: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        unsafe _ = curl_multi_socket_action(multi, descriptor, events, &running)
        var code = CURLE_OK
        while !isClosed, let easy = unsafe ccurl_multi_next_finished(multi, &code) {
            finished(UInt(bitPattern: easy), code)
        }
    }

    /// libcurl changes what it wants of a socket.
    private func watch(_ descriptor: Int32, _ what: Int32) {
        let interest: Interest
        switch what {
        case CURL_POLL_IN: interest = .read
        case CURL_POLL_OUT: interest = .write
        case CURL_POLL_INOUT: interest = [.read, .write]
        default:
            guard let socket = sockets[descriptor] else { return }
            // A connection without a call waits for the next, or for its end: it is not worth two calls to the kernel.
            if socket.interest == .read, connections.contains(descriptor) {
                socket.isIdle = true
            } else {
                forget(descriptor)
            }
            return
        }
        let socket = sockets[descriptor] ?? Socket(descriptor, self)
        socket.isIdle = false
        if socket.interest == interest { return }
        socket.interest = interest
        sockets[descriptor] = socket
        // A socket that cannot be watched (the system is out of memory) leaves its transfer to the deadline.
        try? reactor.watch(descriptor, interest, socket)
    }

    fileprivate func forget(_ descriptor: Int32) {
        guard sockets.removeValue(forKey: descriptor) != nil else { return }
        reactor.unwatch(descriptor)
    }

    /// libcurl wants to be called after so many milliseconds; negative for never.
    private func setTimer(_ milliseconds: Int) {
        due = milliseconds < 0 ? .max : reactor.now &+ UInt64(milliseconds) &* 1_000_000
        guard !isClosed else { return }
        if milliseconds != 0 {
            schedule()
        } else if !isCalledSoon {
            isCalledSoon = true
            reactor.schedule(after: 0) { [weak self] in
                self?.isCalledSoon = false
                self?.callIfDue()
            }
        }
    }

    private func schedule() {
        if let timer {
            if timer.deadline <= due { return }
            cancelTimer()
        }
        guard due != .max else { return }
        let handle = reactor.schedule(after: due > reactor.now ? due - reactor.now : 0) { [weak self] in
            self?.timer = nil
            self?.callIfDue()
        }
        timer = (handle, due)
    }

    private func callIfDue() {
        guard due <= reactor.now else { return schedule() }
        due = .max
        advance(CURL_SOCKET_TIMEOUT, 0)
    }

    private func cancelTimer() {
        if let timer {
            reactor.cancel(timer.handle)
        }
        timer = nil
    }
}

/// One socket of libcurl's in the reactor.
private final class Socket: ReadinessHandler {
    /// What the reactor watches it for.
    var interest: Interest = []
    /// No call uses it.
    var isIdle = false
    private let descriptor: Int32
    private weak let loop: CurlLoop?

    init(_ descriptor: Int32, _ loop: CurlLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    func ready(_ events: Readiness) {
        // The other side has closed it, which libcurl sees when it next looks.
        guard !isIdle else {
            loop?.forget(descriptor)
            return
        }
        var bits: Int32 = 0
        if events.contains(.read) { bits |= CURL_CSELECT_IN }
        if events.contains(.write) { bits |= CURL_CSELECT_OUT }
        if events.contains(.failed) { bits |= CURL_CSELECT_ERR }
        loop?.advance(descriptor, bits)
    }
}

/// libcurl's own initialisation, once per process; thread-safe through Swift's lazy globals.
private let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
