import DynamoDB

extension Storage {
    /// Appends a record; its number is greater than those of all earlier records of any stream.
    func appendRecord(_ record: [UInt8], to stream: Int64, at millisecond: Int64) throws(ErrorReply) -> Int64 {
        try execute(.appendRecord) {
            $0.bind(stream, at: 1)
            $0.bind(millisecond, at: 2)
            $0.bind(record, at: 3)
        }
        return lastInsertedRow
    }

    /// Records of a stream with numbers from `first` on, in order.
    func records(of stream: Int64, from first: Int64, limit: Int) throws(ErrorReply) -> [StreamRecord] {
        let statement = try take(.records)
        defer { give(statement) }
        statement.bind(stream, at: 1)
        statement.bind(first, at: 2)
        // A negative limit would be none.
        statement.bind(Int64(max(0, limit)), at: 3)
        var records: [StreamRecord] = []
        while try step(statement, .records) {
            records.append(
                StreamRecord(
                    number: statement.integer(0),
                    appendedAt: statement.integer(1),
                    record: statement.blob(2)
                )
            )
        }
        return records
    }

    /// The number of a stream's last record.
    func lastRecord(of stream: Int64) throws(ErrorReply) -> Int64? {
        let statement = try take(.lastRecord)
        defer { give(statement) }
        statement.bind(stream, at: 1)
        return try step(statement, .lastRecord) ? statement.optionalInteger(0) : nil
    }

    /// The number of a stream's first record appended at `millisecond` or later.
    func firstRecord(of stream: Int64, since millisecond: Int64) throws(ErrorReply) -> Int64? {
        let statement = try take(.firstRecordSince)
        defer { give(statement) }
        statement.bind(stream, at: 1)
        statement.bind(millisecond, at: 2)
        return try step(statement, .firstRecordSince) ? statement.optionalInteger(0) : nil
    }

    /// Removes records appended before `millisecond`, of all streams, the oldest first; at most `limit`.
    ///
    /// Returns how many.
    @discardableResult
    func trimRecords(before millisecond: Int64, limit: Int) throws(ErrorReply) -> Int {
        let statement = try take(.trimRecords)
        defer { give(statement) }
        statement.bind(millisecond, at: 1)
        statement.bind(Int64(max(0, limit)), at: 2)
        var count = 0
        while try step(statement, .trimRecords) { count += 1 }
        return count
    }

    /// Streams that were ever enabled and are kept: a row a stream, as JSON of the stream room's making.
    func streams() throws(ErrorReply) -> [(number: Int64, description: [UInt8])] {
        try numbered(.streams).map { (number: $0, description: $1) }
    }

    /// Adds or replaces what is known of a stream.
    func saveStream(_ description: [UInt8], number: Int64) throws(ErrorReply) {
        try execute(.saveStream) {
            $0.bind(number, at: 1)
            $0.bind(description, at: 2)
        }
    }

    /// Removes a stream with its records.
    func removeStream(_ number: Int64) throws(ErrorReply) {
        try execute(.removeStream) { $0.bind(number, at: 1) }
        try execute(.removeRecords) { $0.bind(number, at: 1) }
    }
}
