import DynamoDB
import SigV4
import Upstream

/// A body as it is sent upstream.
struct OutgoingBody: Sendable {
    let bytes: [UInt8]
    /// Its digest, if it is large.
    let payload: PayloadDigest?
    /// The proxy asks for the capacity used, the client does not.
    let hasAsked: Bool

    init(_ body: [UInt8], _ known: PayloadDigest?, asksForCapacity: Bool, isSigned: Bool) {
        let asking = asksForCapacity ? unsafe body.withUnsafeBytes { unsafe CapacityRequest.asking($0) } : nil
        hasAsked = asking != nil
        bytes = asking ?? body
        let isLarge = isSigned && bytes.count > Worker.inlineBytes
        payload = asking == nil && known != nil ? known : isLarge ? PayloadDigest(of: bytes) : nil
    }
}

/// An upstream's answer, and what is found in it about what it cost.
///
/// A function of the answer, so that a large one can be gone through beside the reactor.
struct ExaminedReply: Sendable {
    /// The answer, without what only the proxy had asked for; a failure if its body is not what its checksum says.
    ///
    /// Its checksum is that of the body.
    let result: UpstreamResult
    /// Bytes of the body as it came.
    let receivedCount: Int
    /// The capacity used, as the upstream reports it.
    let report: CapacityReport?
    /// The items of a GetItem's or BatchGetItem's reply: their size, and that of their JSON.
    let items: [(bytes: Int, json: Int)]
    /// `items` are all there are.
    let areItemsKnown: Bool

    init(_ result: UpstreamResult, of operation: DataOperation?, hasAsked: Bool) {
        var report: CapacityReport?
        var items: [(bytes: Int, json: Int)] = []
        var areItemsKnown = false
        receivedCount = result.bodyCount
        self.result = result.flatMap { $0.verified() }.map { reply in
            var reply = reply
            if let operation {
                unsafe reply.body.withUnsafeBytes { body in
                    report = unsafe CapacityReport.find(in: body)
                    guard reply.status == 200, operation == .getItem || operation == .batchGetItem else { return }
                    (items, areItemsKnown) = unsafe Self.items(in: body, of: operation)
                }
            }
            if hasAsked, let report {
                reply.body = report.cut(from: reply.body)
                reply.checksum = nil
            }
            if reply.checksum == nil, reply.body.count > Worker.inlineBytes {
                reply.checksum = unsafe reply.body.withUnsafeBytes { unsafe CRC32.checksum($0) }
            }
            return reply
        }
        (self.report, self.items, self.areItemsKnown) = (report, items, areItemsKnown)
    }

    private static func items(
        in body: UnsafeRawBufferPointer,
        of operation: DataOperation
    ) -> ([(bytes: Int, json: Int)], Bool) {
        var ranges: [ByteRange] = []
        if operation == .getItem {
            guard let reply = unsafe GetItemReply.parse(body) else { return ([], false) }
            if let item = reply.item { ranges.append(item) }
        } else {
            guard let reply = unsafe BatchGetItemReply.parse(body) else { return ([], false) }
            ranges = reply.responses.flatMap(\.items)
        }
        var items: [(bytes: Int, json: Int)] = []
        for range in ranges {
            let item = unsafe range.slice(of: body)
            guard let size = unsafe ItemSize.bytes(ofItem: item) else { return (items, false) }
            items.append((size, item.count))
        }
        return (items, true)
    }
}

extension UpstreamReply {
    /// A reply whose body is not what its checksum says is no reply: the client could not tell, since it gets a checksum
    /// of ours.
    func verified() -> UpstreamResult {
        guard let checksum else { return .success(self) }
        if unsafe body.withUnsafeBytes({ unsafe CRC32.checksum($0) }) == checksum { return .success(self) }
        return .failure(
            UpstreamFailure(
                kind: .malformed,
                mayHaveBeenSent: true,
                description: "the reply's body does not match its x-amz-crc32"
            )
        )
    }
}

extension UpstreamResult {
    /// Bytes of the body, if there is one.
    var bodyCount: Int {
        if case .success(let reply) = self { reply.body.count } else { 0 }
    }
}
