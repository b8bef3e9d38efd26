/// Requests that the proxy itself sends upstream, put together from pieces of the client's.
public enum RequestWriter {
    /// Appends a GetItem request.
    ///
    /// `tableName` and `key` are raw JSON: what stands between the name's quotes, and the key's object.
    public static func appendGetItem(
        tableName: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        consistentRead: Bool,
        returnConsumedCapacity: ReturnConsumedCapacity,
        to output: inout [UInt8]
    ) {
        append(#"{"TableName":""#, to: &output)
        unsafe output.append(contentsOf: tableName)
        append(#"","Key":"#, to: &output)
        unsafe output.append(contentsOf: key)
        if consistentRead { append(#","ConsistentRead":true"#, to: &output) }
        append(returnConsumedCapacity, to: &output)
        append("}", to: &output)
    }

    /// Some keys of one table, for a BatchGetItem request; ranges of the client's body.
    public struct BatchGetPart {
        /// The table's name or ARN, between the quotes.
        public var tableName: ByteRange
        /// Key objects.
        public var keys: [ByteRange]
        /// `ConsistentRead`.
        public var consistentRead: Bool

        /// A part of a request.
        public init(tableName: ByteRange, keys: [ByteRange], consistentRead: Bool) {
            self.tableName = tableName
            self.keys = keys
            self.consistentRead = consistentRead
        }
    }

    /// Appends a BatchGetItem request for whole items.
    ///
    /// Parts without keys are left out.
    public static func appendBatchGetItem(
        _ parts: [BatchGetPart],
        of body: UnsafeRawBufferPointer,
        returnConsumedCapacity: ReturnConsumedCapacity,
        to output: inout [UInt8]
    ) {
        append(#"{"RequestItems":{"#, to: &output)
        var isFirst = true
        for part in parts where !part.keys.isEmpty {
            append(isFirst ? "\"" : ",\"", to: &output)
            isFirst = false
            unsafe output.append(contentsOf: part.tableName.slice(of: body))
            append("\":{", to: &output)
            unsafe appendKeys(part.keys, of: body, to: &output)
            if part.consistentRead { append(#","ConsistentRead":true"#, to: &output) }
            append("}", to: &output)
        }
        append("}", to: &output)
        append(returnConsumedCapacity, to: &output)
        append("}", to: &output)
    }

    /// Appends a table's entry of `UnprocessedKeys`: its name and the `KeysAndAttributes` of the request, but with
    /// `keys` only.
    ///
    /// They are ranges of `keyText`, which may be upstream's reply; the rest comes from the client's `body`.
    public static func appendUnprocessedKeys(
        of table: BatchGetTable,
        in body: UnsafeRawBufferPointer,
        keys: [ByteRange],
        in keyText: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) {
        append("\"", to: &output)
        unsafe output.append(contentsOf: table.name.slice(of: body))
        append("\":{", to: &output)
        unsafe appendKeys(keys, of: keyText, to: &output)
        if let expression = table.projectionExpression {
            append(#","ProjectionExpression":""#, to: &output)
            unsafe output.append(contentsOf: expression.slice(of: body))
            append("\"", to: &output)
        }
        if let names = table.expressionAttributeNames {
            append(#","ExpressionAttributeNames":"#, to: &output)
            unsafe output.append(contentsOf: names.slice(of: body))
        }
        if let attributes = table.attributesToGet {
            append(#","AttributesToGet":"#, to: &output)
            unsafe output.append(contentsOf: attributes.slice(of: body))
        }
        if table.consistentRead { append(#","ConsistentRead":true"#, to: &output) }
        append("}", to: &output)
    }

    /// A copy of `body` with the contents of a string replaced: `range` is what stands between its quotes, `value` is
    /// escaped as needed.
    public static func replacing(
        _ range: ByteRange,
        of body: UnsafeRawBufferPointer,
        with value: some Sequence<UInt8>
    ) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(body.count + 64)
        unsafe output.append(contentsOf: body[..<max(range.start - 1, 0)])
        JSONText.appendQuoted(value, to: &output)
        unsafe output.append(contentsOf: body[min(range.end + 1, body.count)...])
        return output
    }

    private static func appendKeys(_ keys: [ByteRange], of body: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        append("\"Keys\":[", to: &output)
        for (index, key) in keys.enumerated() {
            if index > 0 { append(",", to: &output) }
            unsafe output.append(contentsOf: key.slice(of: body))
        }
        append("]", to: &output)
    }

    private static func append(_ capacity: ReturnConsumedCapacity, to output: inout [UInt8]) {
        guard capacity != .none else { return }
        append(#","ReturnConsumedCapacity":""#, to: &output)
        append(capacity.rawValue, to: &output)
        append("\"", to: &output)
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        output.append(contentsOf: text.utf8)
    }
}
