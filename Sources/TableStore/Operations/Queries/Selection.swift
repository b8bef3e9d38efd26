import DynamoDB

/// `Select`: what of the items a Query or Scan returns.
enum Selection: String {
    case allAttributes = "ALL_ATTRIBUTES"
    case allProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES"
    case specificAttributes = "SPECIFIC_ATTRIBUTES"
    case count = "COUNT"

    /// What a request selects, or what goes without saying.
    ///
    /// Messages and their order: getmoto/moto, tests/test_dynamodb/test_dynamodb_select.py ("aws_verified"), and
    /// nubo-db/dynamodb-conformance, query/select and error-messages.
    init(_ members: Members) throws(ErrorReply) {
        let projection = ["AttributesToGet", "ProjectionExpression"].first { members.has($0) }
        guard let selection = members.string("Select").flatMap(Selection.init) else {
            let isIndex = members.has("IndexName")
            self = projection != nil ? .specificAttributes : isIndex ? .allProjectedAttributes : .allAttributes
            return
        }
        self = selection
        let failure: String
        switch (selection, projection) {
        case (.specificAttributes, nil):
            failure = "Must specify the AttributesToGet or ProjectionExpression when choosing to get \(rawValue)"
        case (.allAttributes, let projection?), (.allProjectedAttributes, let projection?):
            failure = "Cannot specify the \(projection) when choosing to get \(rawValue)"
        case (.count, let projection?):
            failure = "Cannot specify the \(projection) when choosing to get only the Count"
        case (.allProjectedAttributes, nil) where !members.has("IndexName"):
            failure = "\(rawValue) can be used only when Querying using an IndexName"
        case (.specificAttributes, _), (.allAttributes, _), (.allProjectedAttributes, _), (.count, _):
            return
        }
        throw .validation("1 validation error detected: " + failure)
    }

    /// Refuses all attributes of a global index that does not have them.
    func check(_ target: ReadTarget) throws(ErrorReply) {
        guard self == .allAttributes, let index = target.index, index.isGlobal, index.projection != .all else { return }
        throw .validation(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
                + "for global secondary index \(index.name) because its projection type is not ALL"
        )
    }
}
