import Glibc

/// An HTTP/1.1 server on one reactor.
///
/// Several reactors each have their own on the same port.
///
/// Confined to the reactor's thread. Lives until it is drained, or until it is released with no connection left.
@safe
public final class HTTPServer {
    /// Connections beyond the limit that are told so, at any time; further ones are closed without a word.
    private static let politeRefusals = 128
    /// Takes the largest TLS record and any ordinary request.
    private static let inputCapacity = 64 << 10
    /// Replies, and bytes of them, that wait for the end of a turn at most: so none waits long for others.
    private static let postedReplies = 32
    private static let postedBytes = 256 << 10

    let reactor: Reactor
    let limits: HTTPLimits
    let handler: any HTTPHandler
    let headers: HeaderTable
    let output = OutputBuffer()
    let date = DateText()
    private let usualHead = OutputBuffer()
    private var usualHeadSecond = Int64.min
    let input: UnsafeMutableBufferPointer<UInt8>

    private let tls: TLSContext?
    private let name: StaticString
    private var listener: Listener?
    private(set) var connections: [HTTPConnection] = []
    private var sweep: Timer?
    private let callbacks = Callbacks()
    /// Made once, so that a sweep allocates nothing.
    private var sweepAction: (() -> Void)?
    private var drained: (() -> Void)?
    private var drainDeadline: Timer?
    private(set) var isDraining = false

    /// Bytes held for all connections between two turns.
    private(set) var bufferedBytes = 0
    /// Connections of which a reply was sent, or output taken, in the middle of another's turn.
    private var resumable: [HTTPConnection] = []
    private var turnDepth = 0
    /// Replies that wait in `output` for the end of the reactor's turn.
    private var posted: [PostedReply] = []

    /// The server as what may outlive it knows it.
    ///
    /// A weak reference in its place would make every reference to the server dearer to count.
    @safe
    private final class Callbacks {
        unowned(unsafe) var server: HTTPServer?
    }

    private struct PostedReply {
        let connection: HTTPConnection
        var bytes: Range<Int>
    }

    /// Listens at once; connections are served when the reactor runs.
    ///
    /// `name` is the value of the `Server` field.
    public init(
        reactor: Reactor,
        address: ListenAddress,
        sharing: PortSharing = .claim,
        limits: HTTPLimits = HTTPLimits(),
        tls: TLSContext? = nil,
        name: StaticString = "Leveret",
        handler: any HTTPHandler
    ) throws(TransportError) {
        self.reactor = reactor
        self.limits = limits.clamped
        self.tls = tls
        self.name = name
        self.handler = handler
        headers = HeaderTable(capacity: self.limits.headerCount)
        unsafe input = .allocate(capacity: HTTPServer.inputCapacity)
        unsafe input.initialize(repeating: 0)
        let callbacks = callbacks
        sweepAction = { unsafe callbacks.server?.sweepConnections() }
        listener = try Listener(reactor, address, sharing) { descriptor in
            if let server = unsafe callbacks.server {
                server.accept(descriptor)
            } else {
                close(descriptor)
            }
        }
        unsafe callbacks.server = self
    }

    deinit {
        unsafe callbacks.server = nil
        listener?.close()
        unsafe input.deallocate()
    }

    /// The port listened on, also after `stopAccepting()`.
    public var port: UInt16 { listener?.port ?? 0 }

    /// Connections open now.
    public var connectionCount: Int { connections.count }

    // MARK: Stopping

    /// Closes the listening socket.
    ///
    /// What had connected by then is still served.
    public func stopAccepting() {
        listener?.close()
    }

    /// Stops gracefully: accepts no more, closes idle connections, answers the requests received with `Connection:
    /// close`; after `within` nanoseconds closes what is left.
    ///
    /// Then calls `done`, never before returning.
    public func drain(within: UInt64, _ done: @escaping () -> Void) {
        stopAccepting()
        isDraining = true
        drained = done
        beginTurn()
        for connection in connections {
            connection.drain()
        }
        endTurn()
        guard !connections.isEmpty else {
            finishDraining()
            return
        }
        drainDeadline = reactor.schedule(after: within) { [self] in
            for connection in connections {
                connection.close()
            }
        }
    }

    /// Calls `done` in the next turn of the loop.
    private func finishDraining() {
        guard let done = drained else { return }
        drained = nil
        if let drainDeadline {
            reactor.cancel(drainDeadline)
        }
        reactor.schedule(after: 0, done)
    }

    // MARK: Connections

    private func accept(_ descriptor: Int32) {
        let isOverLimit = connections.count >= limits.connections
        let isFarOverLimit = connections.count >= limits.connections + HTTPServer.politeRefusals
        // To be told so through TLS costs a handshake.
        guard !isFarOverLimit, !(isOverLimit && tls != nil), let stream = ByteStream(descriptor, tls: tls) else {
            Glibc.close(descriptor)
            return
        }
        let connection = HTTPConnection(server: self, stream: stream, index: connections.count)
        do {
            try connection.begin()
        } catch {
            stream.close()
            return
        }
        connections.append(connection)
        if isOverLimit {
            connection.refuseAtOnce(.tooManyConnections)
        }
        scheduleSweep()
    }

    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        if isDraining, connections.isEmpty {
            finishDraining()
        }
    }

    /// Takes note of memory held or released.
    ///
    /// False when the limit is exceeded.
    func account(_ change: Int) -> Bool {
        bufferedBytes += change
        return bufferedBytes <= limits.bufferedBytes
    }

    /// Deadlines are looked at every so often rather than kept as timers, so that a request costs no timer.
    private func scheduleSweep() {
        guard sweep == nil, let sweepAction else { return }
        let shortest = min(limits.headDeadline, limits.bodyDeadline, limits.idleDeadline, limits.writeDeadline)
        sweep = reactor.schedule(after: min(max(shortest / 8, 10_000_000), 1_000_000_000), sweepAction)
    }

    private func sweepConnections() {
        sweep = nil
        expire()
        if !connections.isEmpty {
            scheduleSweep()
        }
    }

    private func expire() {
        beginTurn()
        // From the end, since a closed connection's place is taken by the last one.
        for index in connections.indices.reversed() where index < connections.count {
            if connections[index].deadline <= reactor.now {
                connections[index].expire()
            }
        }
        endTurn()
    }

    // MARK: Turns

    /// A turn is whatever one event makes the server do.
    ///
    /// The buffers are used by one connection at a time: what is to be read for another one in its course waits until
    /// its end.
    func beginTurn() {
        turnDepth += 1
    }

    func endTurn() {
        while turnDepth == 1, let connection = resumable.popLast() {
            connection.resume()
        }
        turnDepth -= 1
        if posted.count >= HTTPServer.postedReplies || output.count > HTTPServer.postedBytes { flush() }
    }

    func resumeLater(_ connection: HTTPConnection) {
        resumable.append(connection)
    }

    // MARK: Replies

    /// Keeps what was written to `output` from `start` on for the end of the reactor's turn, when all replies of the turn
    /// go out one after the other.
    ///
    /// A client on this machine that waits for several is then woken for the first and still awake for the rest; to wake
    /// a sleeper is the dearest part of sending. If something happens to the connection before, it asks for its own with
    /// `sendPosted(of:)`.
    func post(_ connection: HTTPConnection, from start: Int) {
        if posted.isEmpty { reactor.atEndOfTurn(self) }
        posted.append(PostedReply(connection: connection, bytes: start..<output.count))
    }

    /// Sends what is posted for one connection.
    func sendPosted(of connection: HTTPConnection) {
        for index in 0..<posted.count where posted[index].connection === connection {
            let bytes = posted[index].bytes
            posted[index].bytes = bytes.upperBound..<bytes.upperBound
            connection.sendPosted(bytes)
        }
    }

    /// Sends what is posted.
    private func flush() {
        guard turnDepth == 0, !posted.isEmpty else { return }
        beginTurn()
        for index in 0..<posted.count {
            let reply = posted[index]
            reply.connection.sendPosted(reply.bytes)
        }
        posted.removeAll(keepingCapacity: true)
        output.truncate(to: 0)
        endTurn()
    }

    /// Everything of a reply's head that does not depend on the handler, but for the empty line.
    func writeHead(status: Int, contentLength: Int, keepsAlive: Bool) {
        if status == 200, keepsAlive {
            unsafe output.append(usualHeadStart())
        } else {
            writeHeadStart(status: status, keepsAlive: keepsAlive, to: output)
        }
        output.append(decimal: UInt64(clamping: contentLength))
        output.append("\r\n")
    }

    /// What nearly every head begins with, written anew once a second.
    private func usualHeadStart() -> UnsafeRawBufferPointer {
        if reactor.wallClock != usualHeadSecond {
            usualHeadSecond = reactor.wallClock
            usualHead.truncate(to: 0)
            writeHeadStart(status: 200, keepsAlive: true, to: usualHead)
        }
        return unsafe usualHead.bytes(from: 0)
    }

    private func writeHeadStart(status: Int, keepsAlive: Bool, to output: OutputBuffer) {
        StatusLine.write(status, to: output)
        output.append("Server: ")
        output.append(name)
        output.append("\r\nDate: ")
        unsafe output.append(date.bytes(at: reactor.wallClock))
        output.append(keepsAlive ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n")
        output.append("Content-Length: ")
    }
}

extension HTTPServer: TurnEndHandler {
    func turnEnds() {
        flush()
    }
}
