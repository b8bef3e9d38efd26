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
    /// Where the parts of a GetItem's reply stand in the body of `result`, if it is one.
    let getItem: GetItemReply?
    /// The items of a BatchGetItem's reply: their size, and that of their JSON.
    let items: [(bytes: Int, json: Int)]
    /// `items` are all there are.
    let areItemsKnown: Bool

    init(_ result: UpstreamResult, of operation: DataOperation?, hasAsked: Bool) {
        receivedCount = result.bodyCount
        let verified = result.flatMap { $0.verified() }
        guard case .success(var reply) = verified else {
            (self.result, report, getItem, items, areItemsKnown) = (verified, nil, nil, [], false)
            return
        }
        var getItem: GetItemReply?
        var items: ([(bytes: Int, json: Int)], areAll: Bool) = ([], false)
        var report: CapacityReport?
        if let operation {
            unsafe reply.body.withUnsafeBytes { body in
                if reply.status == 200 {
                    if operation == .getItem { getItem = unsafe GetItemReply.parse(body) }
                    if operation == .batchGetItem { items = unsafe Self.items(in: body) }
                }
                // One with known parts and without a report needs no search for it.
                if getItem.map({ $0.consumedCapacity != nil }) ?? true {
                    report = unsafe CapacityReport.find(in: body)
                }
            }
        }
        if hasAsked, let report {
            reply = reply.replacing(body: report.cut(from: reply.body))
            // Where its parts stand has changed.
            if getItem != nil { getItem = unsafe reply.body.withUnsafeBytes { unsafe GetItemReply.parse($0) } }
        }
        self.result = .success(reply.body.count > Worker.inlineBytes ? reply.withChecksum() : reply)
        (self.report, self.getItem, self.items, areItemsKnown) = (report, getItem, items.0, items.areAll)
    }

    private static func items(in body: UnsafeRawBufferPointer) -> ([(bytes: Int, json: Int)], Bool) {
        guard let reply = unsafe BatchGetItemReply.parse(body) else { return ([], false) }
        let ranges = reply.responses.flatMap(\.items)
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
    /// The reply with its body's checksum, made if it came without.
    func withChecksum() -> UpstreamReply {
        if checksum != nil { return self }
        return replacing(body: body, checksum: unsafe body.withUnsafeBytes { unsafe CRC32.checksum($0) })
    }

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
