internal import Trace

/// A trace in memory: its keys numbered in the order they first appear.
///
/// Shared by the threads that replay it.
final class TraceKeys: Sendable {
    /// Requests kept; the rest of a longer trace is not used.
    static let most = 50_000_000

    /// A key's number, and what is done with it in the two bits above 2^30.
    private let requests: [UInt32]
    /// Bytes of each key's item: key and value, as first told.
    let sizes: [UInt32]
    /// Nanoseconds from the first request to each, never less than that of the one before; empty unless asked for.
    let times: [UInt64]
    /// Whether the trace went on after `most` requests.
    let isCut: Bool

    var count: Int { requests.count }
    var keys: Int { sizes.count }

    /// `keepsTimes`: 8 bytes more for each request.
    init(path: String, keepsTimes: Bool = false) throws {
        let reader = try TraceReader(path: path)
        var numbers: [UInt64: UInt32] = [:]
        var requests: [UInt32] = []
        var sizes: [UInt32] = []
        var times: [UInt64] = []
        var first: UInt64?
        var isCut = false
        while let request = try reader.next() {
            guard requests.count < Self.most else {
                isCut = true
                break
            }
            let size = UInt32(clamping: min(max(1, request.size), ItemSizes.largest))
            let number: UInt32
            if let known = numbers[request.key] {
                number = known
                if request.valueSize > 0, sizes[Int(known)] <= UInt32(request.keySize) { sizes[Int(known)] = size }
            } else {
                number = UInt32(sizes.count)
                numbers[request.key] = number
                sizes.append(size)
            }
            requests.append(number | UInt32(request.operation.rawValue) << 30)
            guard keepsTimes else { continue }
            let begin = first ?? request.time
            first = begin
            times.append(max(request.time > begin ? request.time - begin : 0, times.last ?? 0))
        }
        guard !requests.isEmpty else { throw PlanError("\(reader.name): the trace is empty") }
        guard !keepsTimes || times.last ?? 0 > 0 else {
            throw PlanError("\(reader.name): all requests have the same time")
        }
        self.times = times
        self.requests = requests
        self.sizes = sizes
        self.isCut = isCut
    }

    /// The request at a place, counted on beyond the end from the beginning.
    func request(at place: Int) -> (kind: OperationKind, key: Int) {
        let request = requests[place % requests.count]
        let kind: OperationKind =
            switch TraceRequest.Operation(rawValue: UInt8(truncatingIfNeeded: request >> 30)) {
            case .write: .put
            case .delete: .delete
            case .read, nil: .get
            }
        return (kind, Int(request & 0x3FFF_FFFF))
    }
}
