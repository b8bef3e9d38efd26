import DynamoDB

extension Engine {
    /// Begins a stream of a table; the caller saves the definition.
    func enableStream(_ view: StreamDefinition.View, on table: Table) throws(ErrorReply) {
        let schema = table.definition.keySchema
        let name = table.definition.name
        let taken = Set(try streams().filter { $0.tableName == name }.map(\.label))
        // Labels tell a table's streams apart, also those of one millisecond.
        var time = now
        while taken.contains(TimestampText.label(time)) { time += 1 }
        let stream = TableStream(
            number: try storage.nextNumber(),
            tableName: name,
            label: TimestampText.label(time),
            view: view,
            createdAt: time,
            keyNames: [schema.partitionKey, schema.sortKey].compactMap { attribute in
                attribute.map { String(decoding: $0.name, as: UTF8.self) }
            }
        )
        try storage.saveStream(stream.saved(), number: stream.number)
        table.definition.stream = StreamDefinition(number: stream.number, label: stream.label, view: view)
    }

    /// Ends the stream of a table; the caller saves the definition.
    func disableStream(of table: Table) throws(ErrorReply) {
        guard let definition = table.definition.stream else { return }
        for var stream in try streams() where stream.number == definition.number {
            stream.endedAt = now
            try storage.saveStream(stream.saved(), number: stream.number)
        }
        table.definition.stream = nil
    }

    /// Ends the stream of a table that is being deleted.
    func streamTableDeleted(_ table: Table) throws(ErrorReply) {
        try disableStream(of: table)
    }
}
