internal import CCurl

/// One call on its way through libcurl: an easy handle, kept and reused, and the state of the present call.
///
/// ## At most once
/// libcurl sends a request again on a fresh connection when a reused one ends before any byte of an answer
/// (`Curl_retry_request` in its lib/transfer.c: no header or body byte received and the connection was not new). A
/// server may have carried out the request by then. libcurl has no option against this, but it asks the pre-request
/// callback each time just before it starts to send: there a second attempt is let through only while
/// `CURLINFO_REQUEST_SIZE`, which counts the bytes of all attempts, is zero. So the bytes of a call go to one
/// connection at most, whatever libcurl's reason to try again.
@safe
final class Transfer {
    let easy: EasyHandle
    /// The route's, which outlives its calls.
    unowned let state: RouteState
    /// The call under way.
    private(set) var pending: PendingCall?
    private var collector: ReplyCollector
    private var attempts = 0
    /// Bytes of a large body that libcurl has asked for.
    private var bodyStart = 0

    /// What libcurl reads at once.
    ///
    /// It reads up to a hundred times (`maxloops` in its lib/transfer.c) before it lets others have their turn, and once
    /// more as often when its timer follows in the same turn of the reactor.
    private static let readBytes = 4 << 10

    /// Bodies up to here are copied by libcurl at once; larger ones as it sends them.
    private static let copiedBytes = 64 << 10

    init?(state: RouteState, limits: UpstreamLimits, budget: ByteBudget) {
        guard let easy = EasyHandle() else { return nil }
        self.easy = easy
        self.state = state
        collector = ReplyCollector(bodyLimit: limits.replyBytes, budget: budget)
        configure(state.route, limits)
        guard easy.isConfigured else { return nil }
    }

    /// Prepares the handle for a call, whose headers it has.
    ///
    /// - Returns: false when the handle is not usable.
    func prepare(_ pending: PendingCall, now: UInt64) -> Bool {
        self.pending = pending
        attempts = 0
        bodyStart = 0
        if pending.call.body.count > Self.copiedBytes {
            easy.setBody(count: pending.call.body.count)
        } else {
            easy.setBody(pending.call.body)
        }
        let left = pending.deadline > now ? pending.deadline - now : 0
        easy.set(CURLOPT_TIMEOUT_MS, Int(clamping: left / 1_000_000 + 1))
        return easy.isConfigured
    }

    /// Makes the handle ready for another call.
    func clear() {
        pending = nil
        collector.removeAll()
        easy.clear()
    }

    /// Bytes of the answer's body taken so far.
    var bodyCount: Int { collector.bodyCount }

    /// True when a byte of the request may have left in any attempt.
    var mayHaveBeenSent: Bool { easy.long(CURLINFO_REQUEST_SIZE) != 0 }

    /// True when this handle made the call in one plain attempt, so that nothing odd is carried over.
    var isReusable: Bool { attempts == 1 && easy.isConfigured }

    /// What the ended transfer comes to.
    func result(_ code: CURLcode) -> UpstreamResult {
        if let refusal = collector.refusal {
            return .failure(failure(refusal))
        }
        guard code == CURLE_OK else { return .failure(failure(code)) }
        guard let reply = collector.finish(status: easy.long(CURLINFO_RESPONSE_CODE)) else {
            return .failure(failure(.malformed("reply without a length, or not a final one")))
        }
        return .success(reply)
    }

    private func failure(_ refusal: ReplyCollector.Refusal) -> UpstreamFailure {
        let (kind, text): (UpstreamFailure.Kind, String) =
            switch refusal {
            case .malformed(let text): (.malformed, text)
            case .tooLarge(let limit): (.tooLarge, "reply larger than \(limit) bytes")
            case .overBudget: (.overloaded, "too many bytes of replies are held")
            }
        return UpstreamFailure(kind: kind, mayHaveBeenSent: mayHaveBeenSent, description: text)
    }

    private func failure(_ code: CURLcode) -> UpstreamFailure {
        let wasSent = mayHaveBeenSent
        let kind = kind(of: code)
        // Once the request went out, what befell the connection of a second attempt (see above) does not matter.
        if wasSent, code == CURLE_ABORTED_BY_CALLBACK || kind == .connect || kind == .tls {
            let text = "connection closed before a reply"
            return UpstreamFailure(kind: .reset, mayHaveBeenSent: true, description: text)
        }
        return UpstreamFailure(kind: kind, mayHaveBeenSent: wasSent, description: easy.explain(code))
    }

    // MARK: libcurl's side

    private func configure(_ route: Route, _ limits: UpstreamLimits) {
        easy.setURL(route.url)
        easy.set(CURLOPT_PROTOCOLS_STR, route.scheme.rawValue)
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        easy.set(CURLOPT_POST, 1)
        easy.set(CURLOPT_FOLLOWLOCATION, 0)
        easy.set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        // Set, though empty: else libcurl takes proxies from the environment.
        easy.set(CURLOPT_PROXY, "")
        easy.set(CURLOPT_NOPROXY, "")
        easy.set(CURLOPT_NOSIGNAL, 1)
        // Else giving up a call waits for its name lookup's thread, and with it the whole reactor.
        easy.set(CURLOPT_QUICK_EXIT, 1)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: route.connectTimeout / 1_000_000 + 1))
        easy.set(CURLOPT_MAXAGE_CONN, Int(clamping: limits.idleTime / 1_000_000_000))
        easy.set(CURLOPT_MAXFILESIZE_LARGE, offset: limits.replyBytes)
        easy.set(CURLOPT_BUFFERSIZE, Self.readBytes)
        if route.scheme == .https {
            easy.set(CURLOPT_SSL_VERIFYPEER, 1)
            easy.set(CURLOPT_SSL_VERIFYHOST, 2)
            easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            if let file = route.caFile {
                easy.set(CURLOPT_CAINFO, file)
                easy.set(CURLOPT_CAPATH, nil)
            }
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe easy.set(CURLOPT_WRITEDATA, context: context)
        unsafe easy.set(CURLOPT_HEADERDATA, context: context)
        unsafe easy.set(CURLOPT_PREREQDATA, context: context)
        unsafe easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            unsafe take(bytes, size &* count, context) { unsafe $0.collector.takeBody($1) }
        }
        unsafe easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            unsafe take(bytes, size &* count, context) { unsafe $0.collector.takeLine($1) }
        }
        // Never rewound: once libcurl has asked for a piece of the body it has sent the head, and no further attempt is let
        // through.
        unsafe easy.set(CURLOPT_READDATA, context: context)
        unsafe easy.set(CURLOPT_READFUNCTION) { room, size, count, context in
            guard let context = unsafe context, let room = unsafe room else { return 0 }
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return unsafe transfer.giveBody(UnsafeMutableRawBufferPointer(start: room, count: size &* count))
        }
        unsafe easy.setPreRequest { context, _, _, _, _ in
            guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.mayAttempt() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Copies the next piece of the body.
    private func giveBody(_ room: UnsafeMutableRawBufferPointer) -> Int {
        guard let body = pending?.call.body else { return 0 }
        let count = min(room.count, body.count - bodyStart)
        unsafe body.withUnsafeBytes { bytes in
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<bodyStart + count]))
        }
        bodyStart += count
        return count
    }

    private func mayAttempt() -> Bool {
        attempts += 1
        return attempts == 1 || !mayHaveBeenSent
    }
}

/// Hands a piece to the transfer; a result other than `count` makes libcurl give up.
private func take(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?,
    _ accept: (Transfer, UnsafeRawBufferPointer) -> Bool
) -> Int {
    guard let context = unsafe context else { return 0 }
    let isTaken = unsafe Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef { transfer in
        unsafe accept(transfer, UnsafeRawBufferPointer(start: bytes, count: count))
    }
    // An empty piece cannot be refused by its count.
    return isTaken ? count : (count == 0 ? 1 : 0)
}

private func kind(of code: CURLcode) -> UpstreamFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
        CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED:
        .tls
    case CURLE_FILESIZE_EXCEEDED: .tooLarge
    case CURLE_OUT_OF_MEMORY: .overloaded
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_CHUNK_FAILED,
        CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT:
        .malformed
    default: .reset
    }
}
