/// The receiving side of HTTP/1.1 for one connection: bytes in, events out.
///
/// Knows no sockets and no clock.
///
/// A request that is complete in one input is left where it is; of an incomplete one the bytes are held here.
struct HTTPCodec {
    /// Where a complete request lies: in the input, or in the head and body held.
    struct Layout: Equatable {
        var isHeld: Bool
        /// In the input or in the head held; the ranges in `parts` count from its start.
        var head: Range<Int>
        /// In the input or in the body held.
        var body: Range<Int>
        var parts: RequestHead
    }

    enum Event: Equatable {
        /// All input has been read, the request is not complete.
        case needsInput
        /// The client waits for `100 Continue` before it sends the body.
        case expectsContinue
        /// A request is complete.
        ///
        /// If it is held, `takeHeld()` must come before the next input.
        case request(Layout)
        /// What came is not acceptable; nothing more can be read.
        case refusal(HTTPRefusal)
    }

    /// What the connection waits for.
    enum Phase: Equatable {
        case idle
        case head
        case body
    }

    private enum State {
        case head(HeadScanner)
        /// The head is held; so many bytes of body follow it.
        case fixedBody(head: Range<Int>, length: Int)
        case chunkedBody(head: Range<Int>, ChunkedBody)
        case refused(HTTPRefusal)
    }

    private var state = State.head(HeadScanner())
    /// Of an incomplete request: its head as far as it has come, and its body.
    private var held: [UInt8] = []
    private(set) var heldBody: [UInt8] = []

    /// Bytes held of an incomplete request.
    var heldCount: Int { held.count + heldBody.count }

    var phase: Phase {
        switch state {
        case .head: held.isEmpty ? .idle : .head
        case .fixedBody, .chunkedBody: .body
        case .refused: .idle
        }
    }

    /// Reads the next request, or part of it, from `position` on, which moves behind what was read.
    mutating func next(
        _ input: Span<UInt8>,
        _ position: inout Int,
        limits: HTTPLimits,
        headers: HeaderTable
    ) -> Event {
        do throws(HTTPRefusal) {
            switch state {
            case .head(let scanner):
                return try readHead(scanner, input, &position, limits, headers)
            case .fixedBody(let head, let length):
                return try readFixedBody(head, length, input, &position, limits, headers)
            case .chunkedBody(let head, let body):
                return try readChunkedBody(head, body, input, &position, limits, headers)
            case .refused(let reason):
                return .refusal(reason)
            }
        } catch {
            discard()
            state = .refused(error)
            return .refusal(error)
        }
    }

    /// The bytes of the request just completed.
    mutating func takeHeld() -> (head: [UInt8], body: [UInt8]) {
        defer { (held, heldBody) = ([], []) }
        return (held, heldBody)
    }

    /// Forgets all: the connection reads no more.
    mutating func discard() {
        (held, heldBody) = ([], [])
        state = .head(HeadScanner())
    }

    // MARK: Head

    private mutating func readHead(
        _ scanner: HeadScanner,
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        var scanner = scanner
        guard held.isEmpty else {
            return try readHeldHead(scanner, input, &position, limits, headers)
        }
        let rest = input.extracting(position..<input.count)
        let window = rest.extracting(first: limits.headBytes)
        var start = 0
        let parts: RequestHead
        // Nearly every head comes whole and without fault: it is read once. Of another the scanner says first whether it
        // is complete, so that what it is refused for does not depend on how it came.
        if let whole = try? RequestHead.parse(window, maximumBody: limits.bodyBytes, headers: headers) {
            parts = whole
        } else {
            guard let end = try scanner.end(in: rest, limit: limits.headBytes) else {
                position = input.count
                held.append(rest, 0..<rest.count)
                state = .head(scanner)
                dropEmptyLine(scanner)
                return .needsInput
            }
            start = scanner.start
            parts = try RequestHead.parse(
                rest.extracting(start..<end),
                maximumBody: limits.bodyBytes,
                headers: headers
            )
        }
        let head = position + start..<position + start + parts.end
        position = head.upperBound
        if let length = parts.framing.knownLength, length <= input.count - position {
            let body = position..<position + length
            position += length
            state = .head(HeadScanner())
            return .request(Layout(isHeld: false, head: head, body: body, parts: parts))
        }
        held.append(input, head)
        return try beginBody(0..<held.count, parts, input, &position, limits, headers)
    }

    private mutating func readHeldHead(
        _ scanner: HeadScanner,
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        var scanner = scanner
        let before = held.count
        let taken = min(input.count - position, limits.headBytes - before)
        held.append(input, position..<position + taken)
        guard let end = try scanner.end(in: held.span, limit: limits.headBytes) else {
            position += taken
            state = .head(scanner)
            dropEmptyLine(scanner)
            return .needsInput
        }
        held.removeLast(held.count - end)
        position += end - before
        let head = scanner.start..<end
        let parts = try RequestHead.parse(
            held.span.extracting(head),
            maximumBody: limits.bodyBytes,
            headers: headers
        )
        return try beginBody(head, parts, input, &position, limits, headers)
    }

    /// A connection that holds nothing but the empty line before a request is still idle.
    private mutating func dropEmptyLine(_ scanner: HeadScanner) {
        if scanner.start == held.count, !held.isEmpty {
            held = []
            state = .head(HeadScanner(hasSkippedLine: true))
        }
    }

    // MARK: Body

    private mutating func beginBody(
        _ head: Range<Int>,
        _ parts: RequestHead,
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        if let length = parts.framing.knownLength {
            state = .fixedBody(head: head, length: length)
            if length == 0 {
                return try complete(head, limits, headers)
            }
        } else {
            state = .chunkedBody(head: head, ChunkedBody())
        }
        if position < input.count {
            return next(input, &position, limits: limits, headers: headers)
        }
        return parts.expectsContinue ? .expectsContinue : .needsInput
    }

    private mutating func readFixedBody(
        _ head: Range<Int>,
        _ length: Int,
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        let missing = length - heldBody.count
        let taken = min(missing, input.count - position)
        heldBody.reserveRoom(for: taken, expected: length, limit: limits.bodyBytes)
        heldBody.append(input, position..<position + taken)
        position += taken
        return taken == missing ? try complete(head, limits, headers) : .needsInput
    }

    private mutating func readChunkedBody(
        _ head: Range<Int>,
        _ body: ChunkedBody,
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        var body = body
        let isComplete = try body.decode(input, &position, into: &heldBody, limits: limits)
        state = .chunkedBody(head: head, body)
        return isComplete ? try complete(head, limits, headers) : .needsInput
    }

    /// The head is parsed again, since the table of headers serves all connections of a server.
    private mutating func complete(
        _ head: Range<Int>,
        _ limits: HTTPLimits,
        _ headers: HeaderTable
    ) throws(HTTPRefusal) -> Event {
        let parts = try RequestHead.parse(
            held.span.extracting(head),
            maximumBody: limits.bodyBytes,
            headers: headers
        )
        state = .head(HeadScanner())
        return .request(Layout(isHeld: true, head: head, body: 0..<heldBody.count, parts: parts))
    }
}

extension RequestHead.Framing {
    /// The length of the body, if the head says it.
    fileprivate var knownLength: Int? {
        switch self {
        case .none: 0
        case .length(let length): length
        case .chunked: nil
        }
    }
}
