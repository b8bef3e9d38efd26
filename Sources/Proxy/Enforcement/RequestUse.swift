import DynamoDB

/// What one request takes of its tenant's rates, from its arrival to its answer.
///
/// Confined to the reactor of its request.
final class RequestUse {
    let operation: DataOperation
    let isWrite: Bool
    /// Nanoseconds of the monotonic clock.
    let arrival: UInt64

    /// Whether memory could have answered it, or a part of it.
    var isCacheable = false
    /// Whether what is read upstream is read consistently.
    var isConsistent = false
    /// Items it reads or writes by key; 1 where that can't be told.
    var items = 1
    /// Items answered from memory, and the read units that reading them would have taken.
    var hits = 0
    var hitUnits = 0.0
    /// Items that memory might have answered and did not.
    var misses = 0

    /// Items that are asked of the upstream.
    var itemsUpstream: Int { max(items - hits, 1) }

    /// What has been taken from the bucket so far: nil before it has been let through.
    var charged: Double?
    /// It was answered from a read that was another's.
    var isCoalesced = false
    /// What it used upstream.
    var units = 0.0
    /// To the upstream and back.
    var upstreamBytes = 0.0
    /// The parts of a GetItem's reply, once it has been settled.
    var getItemReply: GetItemReply?

    init(_ operation: DataOperation, isWrite: Bool, arrival: UInt64) {
        self.operation = operation
        self.isWrite = isWrite
        self.arrival = arrival
    }
}

/// Bytes on the wire: bodies, and about as much for the head as the messages of the SDKs and of DynamoDB have.
enum WireBytes {
    /// A reply to the tenant, or of the upstream.
    static func reply(_ body: Int) -> Double { Double(body &+ 256) }
    /// A signed request to the upstream.
    static func request(_ body: Int) -> Double { Double(body &+ 512) }
    /// The body of a GetItem request without its key, about.
    static let keyRequest = 96
}
