internal import Transport

/// What makes connections interchangeable: calls of one route share its connections and its queue.
///
/// Not the region: it goes into the signature alone, and in development mode it is the caller's word.
struct Route: Hashable {
    let scheme: UpstreamEndpoint.Scheme
    let authority: String
    let path: String
    let caFile: String?
    let connectTimeout: UInt64
    let totalTimeout: UInt64
    let maxConnections: Int

    init(_ call: UpstreamCall) {
        let endpoint = call.endpoint
        scheme = endpoint.scheme
        authority = endpoint.authority(ofHost: endpoint.host(forTarget: call.target))
        path = endpoint.path
        caFile = endpoint.caFile
        connectTimeout = endpoint.connectTimeout
        totalTimeout = endpoint.totalTimeout
        maxConnections = max(1, endpoint.maxConnections)
    }

    var url: String { "\(scheme.rawValue)://\(authority)\(path)" }
}

/// The calls of one route.
final class RouteState {
    let route: Route
    var underWay = 0
    var waiting = Queue<PendingCall>()
    /// Fires when the first waiting call is late.
    var expiry: Timer?
    /// Handles without a call; at most `maxConnections`, since no more were ever under way.
    var idle: [Transfer] = []

    init(_ route: Route) {
        self.route = route
    }
}

/// A call with whom to tell.
final class PendingCall {
    let call: UpstreamCall
    let completion: (UpstreamResult) -> Void
    /// Monotonic nanoseconds.
    let deadline: UInt64
    /// True from the second attempt on.
    private var isRetry: Bool

    init(
        call: UpstreamCall,
        completion: @escaping (UpstreamResult) -> Void,
        deadline: UInt64,
        isRetry: Bool = false
    ) {
        self.call = call
        self.completion = completion
        self.deadline = deadline
        self.isRetry = isRetry
    }

    /// The call again, when that is allowed: a read, once, of which no byte was sent because the connection failed.
    ///
    /// It counts as tried again from then on.
    func nextAttempt(after result: UpstreamResult, now: UInt64) -> PendingCall? {
        guard case .failure(let failure) = result, call.isRead, !isRetry, !failure.mayHaveBeenSent, now < deadline,
            failure.kind == .connect || failure.kind == .reset
        else { return nil }
        isRetry = true
        return self
    }
}

extension UpstreamFailure {
    static func beforeSending(_ kind: Kind, _ text: String) -> UpstreamFailure {
        UpstreamFailure(kind: kind, mayHaveBeenSent: false, description: text)
    }
}

/// First in, first out.
struct Queue<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head > 32, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
