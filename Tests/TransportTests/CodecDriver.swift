@testable import Transport

/// What a connection would see of its input.
enum Seen: Equatable {
    case request(SeenRequest)
    case refusal(HTTPRefusal)
}

struct SeenRequest: Equatable {
    var method: String
    var target: String
    var headers: [[String]]
    var head: [UInt8]
    var body: [UInt8]
    var keepsAlive: Bool
}

/// Feeds a codec as a connection does.
struct CodecDriver {
    private var codec = HTTPCodec()
    private let limits: HTTPLimits
    private let headers: HeaderTable
    private(set) var seen: [Seen] = []
    /// How often the client would have been sent `100 Continue`.
    private(set) var continues = 0

    init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        headers = HeaderTable(capacity: limits.headerCount)
    }

    var phase: HTTPCodec.Phase { codec.phase }
    var heldCount: Int { codec.heldCount }

    mutating func feed(_ input: [UInt8]) {
        var position = 0
        while position < input.count {
            switch codec.next(input.span, &position, limits: limits, headers: headers) {
            case .needsInput: break
            case .expectsContinue: continues += 1
            case .request(let layout):
                let bytes = layout.isHeld ? codec.takeHeld() : (head: input, body: input)
                seen.append(.request(describe(layout, bytes.head, bytes.body)))
            case .refusal(let reason):
                seen.append(.refusal(reason))
                return
            }
        }
    }

    private func describe(_ layout: HTTPCodec.Layout, _ head: [UInt8], _ body: [UInt8]) -> SeenRequest {
        let head = Array(head[layout.head])
        func text(_ start: UInt32, _ count: UInt32) -> String {
            String(decoding: head[Int(start)..<Int(start + count)], as: UTF8.self)
        }
        return SeenRequest(
            method: String(decoding: head[layout.parts.methodRange], as: UTF8.self),
            target: String(decoding: head[layout.parts.target], as: UTF8.self),
            headers: headers.slices.map { [text($0.x, $0.y), text($0.z, $0.w)] },
            head: head,
            body: Array(body[layout.body]),
            keepsAlive: layout.parts.keepsAlive
        )
    }

    /// The outcome of the input in one piece.
    static func whole(_ input: [UInt8], limits: HTTPLimits = HTTPLimits()) -> [Seen] {
        pieces([input], limits: limits)
    }

    static func whole(_ input: String, limits: HTTPLimits = HTTPLimits()) -> [Seen] {
        whole(Array(input.utf8), limits: limits)
    }

    static func pieces(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> [Seen] {
        var driver = CodecDriver(limits: limits)
        for piece in pieces {
            driver.feed(piece)
            if case .refusal = driver.seen.last { break }
        }
        return driver.seen
    }
}
