/// One connection: moves bytes between its stream and its codec, and keeps replies in order.
///
/// One request is in work at a time. While it is, and while a reply has not been taken by the client, nothing more is
/// parsed and soon nothing more is read, so that a client is slowed down rather than buffered for.
@safe
final class HTTPConnection: ReadinessHandler {
    private enum Stage {
        /// Requests are read and answered.
        case open
        /// The last reply is being sent.
        case closing
        /// Everything is sent; the client is given time to read it before the socket is closed.
        ///
        /// Closing with input unread would make the kernel reset the connection and the client lose the reply.
        case lingering
        case closed
    }

    /// Replies are sent once so many bytes have been gathered, even if further requests have been received.
    private static let gatheredBytes = 256 << 10
    private static let lingerDeadline: UInt64 = 2_000_000_000
    private static let lingerReadsPerTurn = 16
    /// Bodies of replies up to here are gathered with others; larger ones are sent from where they are.
    static let copiedBytes = 64 << 10
    /// Of those so much is sent in one turn.
    private static let sentPerTurn = 128 << 10
    /// Bodies of requests beyond this are observed as they come.
    private static let unobservedBytes = 32 << 10

    /// Place among the server's connections.
    var index: Int
    /// Monotonic time by which something has to happen.
    private(set) var deadline: UInt64

    private let server: HTTPServer
    private let stream: ByteStream
    private var codec = HTTPCodec()
    private var phase = HTTPCodec.Phase.idle
    private var stage = Stage.open
    private var interest = Interest.read
    /// The server keeps replies of this connection for the end of the turn.
    private var hasPosted = false
    /// There may be input that the reactor will not tell of by itself.
    private var needsTelling = false

    /// Input received behind a request in work or behind unsent output.
    private var unread: [UInt8] = []
    /// Output the client has not taken, from `unsentStart` on.
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    /// A large body that comes after it, of which the bytes before `bodyStart` have been taken.
    private var unsentBody: [UInt8] = []
    private var bodyStart = 0
    /// What the client had still to take when the write deadline was set.
    private var owed = 0
    /// Sees the body that is coming in, as far as `observed`.
    private var observer: (any BodyObserver)?
    private var observed = 0
    /// Bytes of the above as last reported to the server.
    private var accounted = 0

    /// Number of the latest request.
    private var serial: UInt64 = 0
    private var isInWork = false
    private var keepsAlive = true
    private var isHead = false
    private var isParsing = false
    private var inputHasEnded = false
    /// Set unless the client has said that it sends no more.
    private var needsLingering = true

    init(server: HTTPServer, stream: ByteStream, index: Int) {
        self.server = server
        self.stream = stream
        self.index = index
        // A client that connects has a request to make: until the first one it has no more time than for a head.
        deadline = server.reactor.now &+ min(server.limits.headDeadline, server.limits.idleDeadline)
    }

    // MARK: Events

    func ready(_ events: Readiness) {
        server.beginTurn()
        if events.contains(.ended) { needsTelling = true }
        switch stage {
        case .closed: break
        case .lingering: discardInput()
        case .open, .closing:
            if hasUnsent {
                sendUnsent()
            } else if isInWork {
                if events.contains(.failed) {
                    close()
                } else {
                    // Input, or its end, that has to wait.
                    setInterest([])
                }
            } else {
                receive()
            }
        }
        server.endTurn()
    }

    /// The deadline has passed.
    func expire() {
        if hasUnsent, owed - bytesOwed >= server.limits.leastTaken { return setWriteDeadline() }
        guard stage == .open, !hasUnsent, !isInWork else {
            close()
            return
        }
        switch phase {
        case .idle: close()
        case .head: refuseAtOnce(.headTimeout)
        case .body: refuseAtOnce(.bodyTimeout)
        }
    }

    /// Closes unless a request is in work or its body is coming in: half a head is no request yet.
    ///
    /// What the client has sent just now is answered first.
    func drain() {
        guard stage == .open, !isInWork, !hasUnsent, phase != .body else { return }
        receive()
        if stage == .open, !isInWork, !hasUnsent, phase != .body {
            close()
        }
    }

    /// Goes on after a reply that was given outside a turn of this connection.
    func resume() {
        guard stage == .open, !isInWork, !hasUnsent else { return }
        let input = unread
        unread = []
        unsafe input.withUnsafeBufferPointer { unsafe parse($0) }
    }

    func close() {
        guard stage != .closed else { return }
        if hasPosted {
            sendPosted()
            guard stage != .closed else { return }
        }
        stage = .closed
        isInWork = false
        discardRequest()
        unread = []
        unsent = []
        discardBody()
        observer = nil
        _ = server.account(-accounted)
        accounted = 0
        server.reactor.unwatch(stream.descriptor)
        stream.close()
        server.remove(self)
    }

    // MARK: Input

    private func receive() {
        switch unsafe stream.read(into: UnsafeMutableRawBufferPointer(server.input)) {
        case .bytes(let count):
            if unsafe count == server.input.count { needsTelling = true }
            unsafe parse(UnsafeBufferPointer(rebasing: server.input[..<count]))
        case .blocked(let interest):
            // Through TLS something may have come all the same: the end of the handshake, for one.
            setInterest(interest)
            setDeadline()
        case .ended:
            inputHasEnded = true
            sendPosted()
            settle()
        case .failed:
            close()
        }
    }

    /// Takes requests from the input for as long as each is answered at once; keeps the rest.
    private func parse(_ input: UnsafeBufferPointer<UInt8>) {
        let start = server.output.count
        var position = 0
        isParsing = true
        while position < input.count, stage == .open, !isInWork, !hasUnsent {
            switch unsafe codec.next(input.span, &position, limits: server.limits, headers: server.headers) {
            case .needsInput:
                observeBody()
            case .expectsContinue:
                server.output.append("HTTP/1.1 100 Continue\r\n\r\n")
            case .request(let layout):
                unsafe serve(layout, input)
            case .refusal(let reason):
                refuse(reason)
            }
            if server.output.count - start > HTTPConnection.gatheredBytes {
                send(from: start)
            }
        }
        isParsing = false
        if stage == .open, !isInWork, !hasUnsent, position == input.count, codec.phase == .idle {
            // Nothing more is expected to happen to it before the end of the turn.
            if server.output.count > start {
                hasPosted = true
                server.post(self, from: start)
            }
        } else {
            send(from: start)
        }
        if stage == .open, position < input.count {
            unread = unsafe Array(input[position...])
        }
        settle()
    }

    private func serve(_ layout: HTTPCodec.Layout, _ input: UnsafeBufferPointer<UInt8>) {
        phase = .idle
        serial &+= 1
        isInWork = true
        keepsAlive = layout.parts.keepsAlive
        guard layout.isHeld else {
            let bytes = UnsafeRawBufferPointer(input)
            return unsafe handle(layout, bytes, bytes)
        }
        if observer != nil { observeBody() }
        let held = codec.takeHeld()
        unsafe held.head.withUnsafeBytes { head in
            unsafe held.body.withUnsafeBytes { unsafe handle(layout, head, $0, owned: held.body) }
        }
    }

    /// Shows the observer what has come of the body since the last time.
    private func observeBody() {
        guard codec.heldBody.count > HTTPConnection.unobservedBytes else { return }
        if observer == nil {
            guard let made = server.handler.bodyObserver() else { return }
            observer = made
            observed = 0
        }
        unsafe codec.heldBody.withUnsafeBytes { body in
            unsafe observer?.take(UnsafeRawBufferPointer(rebasing: body[observed...]))
            observed = body.count
        }
    }

    private func handle(
        _ layout: HTTPCodec.Layout,
        _ headBytes: UnsafeRawBufferPointer,
        _ bodyBytes: UnsafeRawBufferPointer,
        owned: [UInt8]? = nil
    ) {
        let head = unsafe UnsafeRawBufferPointer(rebasing: headBytes[layout.head])
        let method = unsafe UnsafeRawBufferPointer(rebasing: head[layout.parts.methodRange])
        isHead = unsafe layout.parts.method == .other && method.elementsEqual("HEAD".utf8)
        let request = unsafe HTTPRequest(
            method: layout.parts.method,
            methodBytes: method,
            target: UnsafeRawBufferPointer(rebasing: head[layout.parts.target]),
            head: head,
            headers: server.headers.slices,
            body: UnsafeRawBufferPointer(rebasing: bodyBytes[layout.body]),
            isTLS: stream.isTLS,
            ownedBody: owned,
            observer: observer,
            layout: server.headers.layout
        )
        observer = nil
        server.handler.handle(request, HTTPExchange(connection: self, serial: serial))
    }

    // MARK: Replies

    func awaitsReply(_ serial: UInt64) -> Bool {
        isInWork && serial == self.serial
    }

    /// Closes instead of answering.
    func abandon(_ serial: UInt64) {
        guard awaitsReply(serial) else { return }
        server.beginTurn()
        close()
        server.endTurn()
    }

    func reply(
        _ serial: UInt64,
        status: Int,
        contentLength: Int,
        headers: (ReplyWriter) -> Void,
        body: (ReplyWriter) -> Void
    ) {
        guard awaitsReply(serial) else { return }
        isInWork = false
        server.beginTurn()
        let output = server.output
        let start = output.count
        let staysOpen = keepsAlive && !server.isDraining
        server.writeHead(status: status, contentLength: contentLength, keepsAlive: staysOpen)
        let writer = ReplyWriter(output: output)
        headers(writer)
        output.append("\r\n")
        let bodyStart = output.count
        if !isHead {
            body(writer)
        }
        let missing = isHead ? 0 : contentLength - (output.count - bodyStart)
        if missing < 0 {
            output.truncate(to: output.count + missing)
        }
        if !staysOpen || missing > 0 {
            endAfterReply(needsLingering: keepsAlive)
        }
        if !isParsing {
            send(from: start)
            settle()
        }
        server.endTurn()
    }

    /// Answers with a large body, which is sent in steps from where it is.
    func reply(_ serial: UInt64, status: Int, headers: (ReplyWriter) -> Void, body: [UInt8]) {
        guard awaitsReply(serial) else { return }
        isInWork = false
        server.beginTurn()
        let start = server.output.count
        let staysOpen = keepsAlive && !server.isDraining
        server.writeHead(status: status, contentLength: body.count, keepsAlive: staysOpen)
        headers(ReplyWriter(output: server.output))
        server.output.append("\r\n")
        if !isHead {
            unsentBody = body
            bodyStart = 0
            setWriteDeadline()
        }
        if !staysOpen { endAfterReply(needsLingering: keepsAlive) }
        if !isParsing {
            send(from: start)
            settle()
        }
        server.endTurn()
    }

    /// Answers what cannot be served, as the connection's last reply.
    private func refuse(_ reason: HTTPRefusal) {
        let reply = server.handler.refusal(reason)
        let writer = ReplyWriter(output: server.output)
        server.writeHead(status: reply.status, contentLength: reply.body.count, keepsAlive: false)
        writer.header("Content-Type", reply.contentType)
        for (name, value) in reply.headers {
            writer.header(name, value)
        }
        writer.append("\r\n")
        writer.append(reply.body)
        endAfterReply(needsLingering: true)
    }

    /// The same, when no input is being parsed.
    func refuseAtOnce(_ reason: HTTPRefusal) {
        server.beginTurn()
        let start = server.output.count
        refuse(reason)
        send(from: start)
        settle()
        server.endTurn()
    }

    private func endAfterReply(needsLingering: Bool) {
        guard stage == .open else { return }
        stage = .closing
        self.needsLingering = needsLingering
        discardRequest()
        observer = nil
        unread = []
    }

    // MARK: Output

    /// Sends what was gathered from `start` on and takes it out of the buffer; what is not taken is kept.
    private func send(from start: Int) {
        sendPosted()
        let output = server.output
        defer { output.truncate(to: start) }
        guard output.count > start, stage != .closed else { return }
        unsafe transmit(output.bytes(from: start))
        if unsent.isEmpty, !unsentBody.isEmpty { sendBody() }
    }

    /// Sends now what the server keeps for the end of the turn, so that what follows comes after it.
    private func sendPosted() {
        if hasPosted { server.sendPosted(of: self) }
    }

    /// Sends what the server has kept for the end of the turn.
    func sendPosted(_ range: Range<Int>) {
        hasPosted = false
        guard stage != .closed else { return }
        unsafe transmit(server.output.bytes(range))
        if hasUnsent { settle() }
    }

    /// Whether there is output that the client has not taken.
    private var hasUnsent: Bool { !unsent.isEmpty || !unsentBody.isEmpty }

    /// Bytes of output that the client has not got, whether they wait here or in the socket.
    private var bytesOwed: Int {
        unsent.count - unsentStart + unsentBody.count - bodyStart + stream.unacknowledged
    }

    private func setWriteDeadline() {
        deadline = server.reactor.now &+ server.limits.writeDeadline
        owed = bytesOwed
    }

    private func transmit(_ bytes: UnsafeRawBufferPointer) {
        guard unsent.isEmpty else {
            unsafe unsent.append(contentsOf: bytes)
            return
        }
        var sent = 0
        while sent < bytes.count {
            switch unsafe stream.write(UnsafeRawBufferPointer(rebasing: bytes[sent...])) {
            case .bytes(let count):
                sent += count
            case .blocked(let interest):
                unsafe keepUnsent(UnsafeRawBufferPointer(rebasing: bytes[sent...]), interest)
                return
            case .ended, .failed:
                close()
                return
            }
        }
    }

    private func keepUnsent(_ bytes: UnsafeRawBufferPointer, _ interest: Interest) {
        unsafe unsent.append(contentsOf: bytes)
        unsentStart = 0
        setInterest(interest)
        setWriteDeadline()
    }

    private func sendUnsent() {
        while unsentStart < unsent.count {
            let transfer = unsafe unsent.withUnsafeBytes { bytes in
                unsafe stream.write(UnsafeRawBufferPointer(rebasing: bytes[unsentStart...]))
            }
            switch transfer {
            case .bytes(let count):
                unsentStart += count
            case .blocked(let interest):
                setInterest(interest)
                return
            case .ended, .failed:
                close()
                return
            }
        }
        unsent = []
        if !unsentBody.isEmpty { sendBody() }
        settle()
        // It was passed over when the stop began.
        if server.isDraining, unread.isEmpty { drain() }
    }

    /// Sends a step of the large body; the rest waits for another turn, even if the client would take it now.
    private func sendBody() {
        let end = min(bodyStart + HTTPConnection.sentPerTurn, unsentBody.count)
        // Through TLS a record is taken at a time.
        while bodyStart < end {
            let transfer = unsafe unsentBody.withUnsafeBytes { bytes in
                unsafe stream.write(UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<end]))
            }
            switch transfer {
            case .bytes(let count): bodyStart += count
            case .blocked(let interest): return setInterest(interest)
            case .ended, .failed: return close()
            }
        }
        if end == unsentBody.count {
            discardBody()
        } else {
            needsTelling = true
            setInterest(.write)
        }
    }

    /// Forgets what has come of a request.
    private func discardRequest() {
        var body = codec.takeHeld().body
        server.handler.discard(&body)
        codec.discard()
    }

    private func discardBody() {
        guard !unsentBody.isEmpty else { return }
        var body: [UInt8] = []
        swap(&body, &unsentBody)
        bodyStart = 0
        server.handler.discard(&body)
    }

    // MARK: What next

    /// Puts interest, deadline and accounts in order after anything has happened.
    private func settle() {
        guard stage != .closed, isWithinBudget(), !hasUnsent else { return }
        switch stage {
        case .closing: linger()
        case .open:
            if isInWork {
                deadline = .max
                setInterest(inputHasEnded ? [] : .read)
            } else if !unread.isEmpty {
                server.resumeLater(self)
            } else if inputHasEnded {
                close()
            } else {
                setInterest(.read)
                setDeadline()
            }
        case .lingering, .closed: break
        }
    }

    private func setDeadline() {
        let former = phase
        phase = codec.phase
        let limits = server.limits
        switch phase {
        case .idle:
            guard !stream.isHandshaking else { return }
            deadline = server.reactor.now &+ limits.idleDeadline
        case .head where former != .head:
            deadline = server.reactor.now &+ limits.headDeadline
        case .body where former != .body:
            deadline = server.reactor.now &+ limits.bodyDeadline
        case .head, .body: break
        }
    }

    /// Reports what is held.
    ///
    /// Over the budget, a request that is being received is refused; other connections are closed.
    private func isWithinBudget() -> Bool {
        let held = codec.heldCount + unread.count + unsent.count + unsentBody.count
        let change = held - accounted
        accounted = held
        guard change != 0, !server.account(change), change > 0 else { return true }
        if stage == .open, !isInWork, !hasUnsent, unread.isEmpty {
            refuseAtOnce(.overloaded)
        } else {
            close()
        }
        return false
    }

    private func linger() {
        stream.endOutput()
        guard needsLingering, !inputHasEnded else {
            close()
            return
        }
        stage = .lingering
        // It is read in parts, of which the rest is to be told again.
        needsTelling = true
        deadline = server.reactor.now &+ HTTPConnection.lingerDeadline
        setInterest(.read)
    }

    private func discardInput() {
        for _ in 0..<HTTPConnection.lingerReadsPerTurn {
            switch unsafe stream.readPlain(into: UnsafeMutableRawBufferPointer(server.input)) {
            case .bytes: continue
            case .blocked: return
            case .ended, .failed:
                close()
                return
            }
        }
    }

    private func setInterest(_ interest: Interest) {
        guard interest != self.interest || needsTelling, stage != .closed else { return }
        self.interest = interest
        needsTelling = false
        do {
            try server.reactor.watch(stream.descriptor, watched(interest), self)
        } catch {
            close()
        }
    }

    /// How the reactor is asked: in the clear all input that is there is read at once, so that only news are of interest;
    /// TLS may leave records behind.
    private func watched(_ interest: Interest) -> Interest {
        stream.isTLS || stage == .lingering ? interest : [interest, .onlyNews]
    }

    /// Waits for the first request.
    func begin() throws(TransportError) {
        try server.reactor.watch(stream.descriptor, watched(.read), self)
    }
}
