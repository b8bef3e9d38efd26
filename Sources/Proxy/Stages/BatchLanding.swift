import DynamoDB

/// What one table's part of a BatchGetItem needs when its missing keys come back.
struct BatchFill: Sendable {
    let metadata: TableMetadata
    let epoch: UInt64
    /// The canonical keys that were missing.
    var asked: Set<[UInt8]> = []
    /// By canonical key; keys that may not be filled are not in it.
    var leases: [[UInt8]: FillLease] = [:]

    var needsConsistentRead: Bool { leases.values.contains(where: \.needsConsistentRead) }
}

/// Keeps what came back for a batch's missing keys, and puts the answer together.
///
/// Usable on any thread.
struct BatchLanding: Sendable {
    let plan: BatchPlan
    /// By table; nil where nothing may be kept.
    let fills: [BatchFill?]
    /// Of which tables the read was made stronger than asked.
    let isUpgraded: [Bool]
    /// The client's request.
    let request: [UInt8]
    let tenant: Tenant
    let filler: Filler

    struct Landed: Sendable {
        /// Nil when an item could not be projected.
        let answer: BatchReplyBody?
        let installed: [Installed]
    }

    /// An item that was installed, or its absence (then without a count), or would have been but for a write between.
    struct Installed: Sendable {
        let table: Int
        let key: [UInt8]
        let count: Int?
    }

    /// Nil for a reply that is not understood: it is passed on as it is.
    func land(_ body: [UInt8]) -> Landed? {
        unsafe body.withUnsafeBytes { body in
            guard let reply = unsafe BatchGetItemReply.parse(body) else { return nil }
            var installed: [Installed] = []
            for (table, fill) in fills.enumerated() {
                if let fill { unsafe keep(table, fill, body, reply, &installed) }
            }
            let answer = unsafe request.withUnsafeBytes { request in
                unsafe plan.answer(to: request, reply, body, isUpgraded)
            }
            return Landed(answer: answer, installed: installed)
        }
    }

    /// Installs what came back for one table: its items, and the absence of the keys that neither came back nor were
    /// left unprocessed.
    private func keep(
        _ table: Int,
        _ fill: BatchFill,
        _ body: UnsafeRawBufferPointer,
        _ reply: BatchGetItemReply,
        _ installed: inout [Installed]
    ) {
        guard let schema = fill.metadata.schema else { return }
        var leases = fill.leases
        let name = unsafe request.withUnsafeBytes { unsafe Array(plan.tables[table].spec.name.slice(of: $0)) }
        let buffer = KeyBuffer()
        func isOurs(_ range: ByteRange) -> Bool {
            unsafe range.slice(of: body).elementsEqual(name)
        }
        for unprocessed in reply.unprocessed where isOurs(unprocessed.table) {
            for range in unprocessed.keys {
                buffer.removeAll()
                // Which key was left out can't be told: nothing is known to be absent.
                guard unsafe ItemKey.appendCanonical(keyObject: range.slice(of: body), to: buffer) else { return }
                leases[unsafe Array(buffer.bytes)] = nil
            }
        }
        for response in reply.responses where isOurs(response.table) {
            for range in response.items {
                let item = unsafe range.slice(of: body)
                buffer.removeAll()
                guard unsafe ItemKey.appendCanonical(item: item, schema: schema, to: buffer) else { return }
                let canonical = unsafe Array(buffer.bytes)
                // An item nobody asked for: the schema must be another by now, and nothing is known to be absent.
                guard fill.asked.contains(canonical) else { return }
                if let lease = leases.removeValue(forKey: canonical) {
                    unsafe install(item, canonical, lease, table, fill, buffer)
                    installed.append(Installed(table: table, key: canonical, count: item.count))
                }
            }
        }
        for (canonical, lease) in leases {
            unsafe install(nil, canonical, lease, table, fill, buffer)
            installed.append(Installed(table: table, key: canonical, count: nil))
        }
    }

    private func install(
        _ item: UnsafeRawBufferPointer?,
        _ canonical: [UInt8],
        _ lease: FillLease,
        _ table: Int,
        _ fill: BatchFill,
        _ buffer: KeyBuffer
    ) {
        let view = plan.tables[table].view
        CacheKey.begin(buffer, tenant: tenant.number, table: view.table.number, epoch: fill.epoch)
        unsafe canonical.withUnsafeBytes { unsafe buffer.append($0) }
        let cacheKey = unsafe Array(buffer.bytes)
        _ = unsafe filler.fill(item, lease, view, fill.metadata, tenant, cacheKey: cacheKey)
    }
}
