import DynamoDB

/// A large BatchGetItem request, read beside the reactor.
struct BatchReading: Sendable {
    /// Without its tables when it is to be forwarded.
    let request: BatchGetItemRequest
    let keyCount: Int
    /// A table it names is not the tenant's.
    let denial: Denial?

    /// Bytes of keys and projections together that the stages look at: more than they can have, but for odd spacing.
    private static let partBytes = 512 << 10

    init(_ body: UnsafeRawBufferPointer, _ policy: AccessPolicy) throws(RequestError) {
        let batch = unsafe try BatchGetItemRequest.parse(body)
        keyCount = batch.tables.reduce(0) { $0 + $1.keys.count }
        denial = unsafe Self.denial(batch, body, policy)
        let parts = batch.tables.reduce(0) { sum, table in
            table.keys.reduce(sum) { $0 + $1.end - $1.start }
                + (table.projectionExpression.map { $0.end - $0.start } ?? 0)
                + (table.expressionAttributeNames.map { $0.end - $0.start } ?? 0)
                + (table.attributesToGet.map { $0.end - $0.start } ?? 0)
        }
        request = batch.isCacheable && parts <= Self.partBytes ? batch : batch.forwarded
    }

    private static func denial(
        _ batch: BatchGetItemRequest,
        _ body: UnsafeRawBufferPointer,
        _ policy: AccessPolicy
    ) -> Denial? {
        if policy.allowsEveryTable { return nil }
        for table in batch.tables {
            let text = unsafe JSONText.decoded(table.name.slice(of: body))
            let name = TableReference(text)?.nameBytes
            guard let name, policy.allowsTable(name) else { return Denial(table: name) }
        }
        return nil
    }
}
