import DynamoDB

/// Scan: all items of a table or an index, or those of a segment of it.
struct ScanOperation: StoreOperation {
    static let shape = Shapes.scan

    private let request: ReadRequest
    private let segment: Segment

    init(_ members: Members) throws(ErrorReply) {
        request = try ReadRequest(members, for: .scan)
        segment = try Segment(members)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let target = try request.target(on: engine)
        let startKey = try request.start(of: target)
        if target.index != nil {
            try startKey?.checkPartition()
            try startKey?.checkSort()
        }
        try request.selection.check(target)
        let start = try startKey?.start()
        let slots = segment.slots
        if let start, slots?.contains(start.key.slot) != true {
            throw .validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. "
                    + "Please use ExclusiveStartKey with correct Segment. "
                    + "TotalSegments: \(segment.total) Segment: \(segment.number)"
            )
        }
        let projected = request.expressions.projection?.attributes ?? []
        try AttributeUse.check(projected, in: target.table.definition)
        try AttributeUse.check(request.expressions.filter?.attributes ?? [], in: target.table.definition)
        try target.checkProjection(projected)
        return try request.reply(target, slots.map { StorageRange(extent: .slots($0), start: start) }, on: engine)
    }
}
