/// What answers the requests of a server.
///
/// Called on the reactor's thread.
public protocol HTTPHandler: AnyObject {
    /// Takes one request.
    ///
    /// It is answered through `exchange` exactly once, now or later on the same reactor; the views of `request` are
    /// valid only during this call.
    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange)

    /// The answer to what HTTP itself refuses; the connection is closed after it.
    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply

    /// Who is to see a large body as it comes, so that it need not be gone through at once when it is complete.
    func bodyObserver() -> (any BodyObserver)?

    /// Takes a large body, a request's or a reply's, when it is of no more use: to give much memory back takes long.
    func discard(_ body: inout [UInt8])
}

extension HTTPHandler {
    /// Nobody.
    public func bodyObserver() -> (any BodyObserver)? { nil }

    /// Gives it back at once.
    public func discard(_ body: inout [UInt8]) {}
}

/// Sees a request's body while it arrives, before anything is known of the request.
public protocol BodyObserver: AnyObject {
    /// The next piece; valid only during the call.
    func take(_ piece: UnsafeRawBufferPointer)
}

/// Names one request of one connection.
///
/// Answering after the client has gone, or a second time, does nothing.
///
/// A client that has closed only its sending direction still gets its answer.
public struct HTTPExchange {
    let connection: HTTPConnection
    let serial: UInt64

    /// Whether an answer is still awaited and somebody is there to read it.
    public var isOpen: Bool {
        connection.awaitsReply(serial)
    }

    /// Answers: status line, `Server`, `Date`, `Connection` and `Content-Length`, then what `headers` writes, then the
    /// `contentLength` bytes that `body` writes.
    ///
    /// Allocates nothing once the reply buffer is warm. A body longer than announced is cut; after a shorter one the
    /// connection is closed.
    public func reply(
        status: Int,
        contentLength: Int,
        headers: (ReplyWriter) -> Void,
        body: (ReplyWriter) -> Void
    ) {
        connection.reply(serial, status: status, contentLength: contentLength, headers: headers, body: body)
    }

    /// Closes the connection without an answer.
    ///
    /// Not to be called inside `HTTPHandler.handle`, where earlier replies may wait to be sent.
    public func abandon() {
        connection.abandon(serial)
    }

    /// Answers with a body at hand.
    ///
    /// A large one is not copied, and sent in steps.
    public func reply(status: Int, headers: (ReplyWriter) -> Void, body: [UInt8]) {
        guard body.count > HTTPConnection.copiedBytes else {
            return reply(status: status, contentLength: body.count, headers: headers, body: { $0.append(body) })
        }
        connection.reply(serial, status: status, headers: headers, body: body)
    }
}
