import DynamoDB
import Transport
import Upstream

/// Puts the reply of a BatchGetItem together.
struct BatchReplyBody {
    private var bytes = Array("{\"Responses\":{".utf8)
    private var isFirst = true

    /// Adds a table's items, already projected, in any order.
    mutating func addTable(_ rawName: UnsafeRawBufferPointer, items: [[UInt8]]) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(contentsOf: rawName)
        bytes += "\":[".utf8
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The whole reply, with one finished entry of `UnprocessedKeys` for each table that has some; `capacity` is nil when
    /// none was asked for.
    func finished(unprocessed: [[UInt8]], capacity: [ConsumedCapacity]?) -> [UInt8] {
        var bytes = bytes
        bytes += "},\"UnprocessedKeys\":{".utf8
        bytes += unprocessed.joined(separator: [UInt8(ascii: ",")])
        bytes.append(UInt8(ascii: "}"))
        if let capacity {
            bytes += ",\"ConsumedCapacity\":[".utf8
            for (index, entry) in capacity.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                entry.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension Worker {
    /// Answers from memory and, if something was read, from what came back.
    func answer(
        _ plan: BatchPlan,
        _ held: HeldRequest,
        _ fetched: (body: [UInt8], reply: BatchGetItemReply)? = nil,
        isUpgraded: [Bool] = []
    ) {
        let body = unsafe held.body.withUnsafeBytes { source in
            unsafe (fetched?.body ?? []).withUnsafeBytes { fetchedBody in
                unsafe assemble(plan, source, fetched?.reply, fetchedBody, isUpgraded)
            }
        }
        guard let body else {
            return reply(.internalServerError("An item could not be projected."), to: held)
        }
        reply(body, cache: plan.status, to: held)
    }

    private func assemble(
        _ plan: BatchPlan,
        _ source: UnsafeRawBufferPointer,
        _ fetched: BatchGetItemReply?,
        _ fetchedBody: UnsafeRawBufferPointer,
        _ isUpgraded: [Bool]
    ) -> [UInt8]? {
        var reply = BatchReplyBody()
        var unprocessed: [[UInt8]] = []
        // What was read goes first; what is in memory can be asked for again at no cost.
        var room = BatchPlan.maxReplyBytes - fetchedBody.count
        for part in plan.tables {
            let name = unsafe part.spec.name.slice(of: source)
            var items: [[UInt8]] = []
            var postponed: [ByteRange] = []
            for key in part.keys {
                switch key.found {
                case .stored(let value) where value.count > room && fetched != nil:
                    postponed.append(key.range)
                case .stored(let value):
                    room -= value.count
                    let isComplete = unsafe value.withUnsafeBytes { value in
                        guard let item = unsafe StoredItem.item(in: value) else { return true }
                        return unsafe Self.append(item, part.projection, to: &items)
                    }
                    guard isComplete else { return nil }
                case .postponed: postponed.append(key.range)
                case .missing: break
                }
            }
            for response in fetched?.responses ?? [] {
                guard unsafe response.table.slice(of: fetchedBody).elementsEqual(name) else { continue }
                for range in response.items {
                    guard unsafe Self.append(range.slice(of: fetchedBody), part.projection, to: &items) else {
                        return nil
                    }
                }
            }
            unsafe reply.addTable(name, items: items)
            let left = fetched?.unprocessed.first { unsafe $0.table.slice(of: fetchedBody).elementsEqual(name) }
            if !postponed.isEmpty || left != nil {
                unprocessed.append(
                    unsafe Self.unprocessedEntry(part, postponed, source, left?.keys ?? [], fetchedBody)
                )
            }
        }
        return unsafe reply.finished(
            unprocessed: unprocessed,
            capacity: capacity(plan, source, fetched, fetchedBody, isUpgraded)
        )
    }

    private static func append(
        _ item: UnsafeRawBufferPointer,
        _ projection: Projection?,
        to items: inout [[UInt8]]
    ) -> Bool {
        guard let projection else {
            unsafe items.append(Array(item))
            return true
        }
        var projected: [UInt8] = []
        guard unsafe projection.apply(item: item, into: &projected) else { return false }
        items.append(projected)
        return true
    }

    /// An entry of `UnprocessedKeys` in the client's form: its own keys and those the upstream left.
    private static func unprocessedEntry(
        _ part: BatchPlan.TablePart,
        _ postponed: [ByteRange],
        _ source: UnsafeRawBufferPointer,
        _ left: [ByteRange],
        _ leftBody: UnsafeRawBufferPointer
    ) -> [UInt8] {
        var keyText: [UInt8] = []
        var keys: [ByteRange] = []
        func add(_ bytes: UnsafeRawBufferPointer) {
            let start = keyText.count
            unsafe keyText.append(contentsOf: bytes)
            keys.append(ByteRange(start: start, end: keyText.count))
        }
        for range in postponed {
            unsafe add(range.slice(of: source))
        }
        for range in left {
            unsafe add(range.slice(of: leftBody))
        }
        var entry: [UInt8] = []
        unsafe keyText.withUnsafeBytes { keyText in
            unsafe RequestWriter.appendUnprocessedKeys(
                of: part.spec,
                in: source,
                keys: keys,
                in: keyText,
                to: &entry
            )
        }
        return entry
    }

    /// One entry a table: what the upstream used, as if no read had been made stronger than asked; nothing for a hit.
    private func capacity(
        _ plan: BatchPlan,
        _ source: UnsafeRawBufferPointer,
        _ fetched: BatchGetItemReply?,
        _ fetchedBody: UnsafeRawBufferPointer,
        _ isUpgraded: [Bool]
    ) -> [ConsumedCapacity]? {
        let shape = plan.request.returnConsumedCapacity
        guard shape != .none else { return nil }
        let used = fetched?.consumedCapacity.flatMap { range in
            unsafe ConsumedCapacity.parse(list: range.slice(of: fetchedBody))
        }
        return plan.tables.enumerated().map { index, part in
            let name = unsafe Array(part.spec.name.slice(of: source))
            guard let used = used?.first(where: { $0.tableName == name }) else {
                return ConsumedCapacity(tableName: name, units: 0, shape: shape)
            }
            return index < isUpgraded.count && isUpgraded[index] ? used.halved : used
        }
    }
}
