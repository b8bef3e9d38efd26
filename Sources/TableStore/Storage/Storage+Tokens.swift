import DynamoDB

extension Storage {
    /// What a token of TransactWriteItems was used for, if it was after `millisecond`.
    func token(_ token: [UInt8], after millisecond: Int64) throws(ErrorReply) -> SavedToken? {
        let statement = try take(.token)
        defer { give(statement) }
        statement.bind(token, at: 1)
        statement.bind(millisecond, at: 2)
        guard try step(statement, .token) else { return nil }
        return SavedToken(request: statement.blob(0), outcome: statement.blob(1))
    }

    /// Remembers a token.
    func saveToken(_ token: [UInt8], _ saved: SavedToken, at millisecond: Int64) throws(ErrorReply) {
        try execute(.saveToken) {
            $0.bind(token, at: 1)
            $0.bind(millisecond, at: 2)
            $0.bind(saved.request, at: 3)
            $0.bind(saved.outcome, at: 4)
        }
    }

    /// Forgets tokens used before `millisecond`.
    func trimTokens(before millisecond: Int64) throws(ErrorReply) {
        try execute(.trimTokens) { $0.bind(millisecond, at: 1) }
    }
}
