import DynamoDB

extension Worker {
    /// Answers from memory.
    func answer(_ plan: BatchPlan, _ held: HeldRequest) {
        guard hasRoom(for: plan.values.count, of: held.tenant) else {
            discardLater(plan.values)
            return reply(.serviceUnavailable(), to: held)
        }
        let request = held.body
        aside(plan.values.count, for: held.tenant) {
            unsafe request.withUnsafeBytes { unsafe plan.answer(to: $0) }
        } then: { [unowned self] answer in
            self.answer(answer, plan, held)
        }
    }

    /// Answers with what was put together; nil when an item could not be projected.
    func answer(_ answer: BatchReplyBody?, _ plan: BatchPlan, _ held: HeldRequest) {
        discardLater(plan.values)
        guard var answer else {
            return reply(.internalServerError("An item could not be projected."), to: held)
        }
        let checksum = answer.checksum
        reply(answer.takeBytes(), checksum: checksum, cache: plan.status, to: held)
    }
}

extension BatchPlan {
    /// Puts the answer together from memory and, if something was read, from what came back.
    ///
    /// Nil when an item can't be projected.
    func answer(
        to source: UnsafeRawBufferPointer,
        _ fetched: BatchGetItemReply? = nil,
        _ fetchedBody: UnsafeRawBufferPointer = unsafe UnsafeRawBufferPointer(start: nil, count: 0),
        _ isUpgraded: [Bool] = []
    ) -> BatchReplyBody? {
        var body = BatchReplyBody()
        body.begin()
        var unprocessed: [[UInt8]] = []
        // What was read goes first; what is in memory can be asked for again at no cost.
        var room = Self.maxReplyBytes - fetchedBody.count
        for part in tables {
            let name = unsafe part.spec.name.slice(of: source)
            unsafe body.beginTable(name)
            var postponed: [ByteRange] = []
            for key in keys[part.spec.keys] {
                switch key.found {
                case .stored(_, let count, _) where count > room && fetched != nil:
                    postponed.append(key.range)
                case .stored(let range, let count, let checksum):
                    room -= count
                    guard range.count > 0 else { continue }
                    let isComplete = unsafe values.withUnsafeBytes { values in
                        let item = unsafe range.slice(of: values)
                        if part.projection != nil { return unsafe body.add(item, part.projection) }
                        unsafe body.add(item, checksum: checksum)
                        return true
                    }
                    guard isComplete else { return nil }
                case .postponed: postponed.append(key.range)
                case .missing: break
                }
            }
            for response in fetched?.responses ?? [] {
                guard unsafe response.table.slice(of: fetchedBody).elementsEqual(name) else { continue }
                for range in response.items {
                    guard unsafe body.add(range.slice(of: fetchedBody), part.projection) else { return nil }
                }
            }
            body.endTable()
            let left = fetched?.unprocessed.first { unsafe $0.table.slice(of: fetchedBody).elementsEqual(name) }
            if !postponed.isEmpty || left != nil {
                unprocessed.append(
                    unsafe Self.unprocessedEntry(part, postponed, source, left?.keys ?? [], fetchedBody)
                )
            }
        }
        body.finish(
            unprocessed: unprocessed,
            capacity: unsafe capacity(source, fetched, fetchedBody, isUpgraded)
        )
        return body
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
    ///
    /// Nil when the client did not ask for it.
    func capacity(
        _ source: UnsafeRawBufferPointer,
        _ fetched: BatchGetItemReply? = nil,
        _ fetchedBody: UnsafeRawBufferPointer? = nil,
        _ isUpgraded: [Bool] = []
    ) -> [ConsumedCapacity]? {
        let shape = request.returnConsumedCapacity
        guard shape != .none else { return nil }
        var used: [ConsumedCapacity]?
        if let range = fetched?.consumedCapacity, let body = unsafe fetchedBody {
            used = unsafe ConsumedCapacity.parse(list: range.slice(of: body))
        }
        return tables.enumerated().map { index, part in
            let name = unsafe Array(part.spec.name.slice(of: source))
            guard let used = used?.first(where: { $0.tableName == name }) else {
                return ConsumedCapacity(tableName: name, units: 0, shape: shape)
            }
            return index < isUpgraded.count && isUpgraded[index] ? used.halved : used
        }
    }
}
