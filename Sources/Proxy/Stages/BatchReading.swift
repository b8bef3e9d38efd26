import DynamoDB

/// A large BatchGetItem request, read beside the reactor.
struct BatchReading: Sendable {
    /// Without its tables when it is to be forwarded.
    let request: BatchGetItemRequest
    /// A table it names is not the tenant's.
    let denial: Denial?

    /// Bytes of keys, and of projections, that the stages look at: more than there can be, but for odd spacing.
    private static let keyBytes = 512 << 10
    private static let projectionBytes = 32 << 10

    init(_ body: UnsafeRawBufferPointer, _ policy: AccessPolicy) throws(RequestError) {
        let batch = unsafe try BatchGetItemRequest.parse(body)
        denial = unsafe Self.denial(batch, body, policy)
        let keys = batch.keys.reduce(0) { $0 + $1.range.count }
        var projections = 0
        for table in batch.tables {
            for part in [table.projectionExpression, table.expressionAttributeNames, table.attributesToGet] {
                projections += part?.count ?? 0
            }
        }
        let isPlausible = keys <= Self.keyBytes && projections <= Self.projectionBytes
        request = batch.isCacheable && isPlausible ? batch : batch.forwarded
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
