import DynamoDB

/// Why a transaction is cancelled: a reason for each of its actions.
struct CancellationReasons {
    /// What is wrong with one action.
    struct Reason {
        var code: String
        var message: String
        /// The item whose condition failed, when the action asks for it.
        var item: Item?
    }

    private var reasons: [Reason?]

    /// No faults yet.
    init(actions: Int) {
        reasons = Array(repeating: nil, count: actions)
    }

    subscript(action: Int) -> Reason? {
        get { reasons[action] }
        set { reasons[action] = newValue }
    }

    /// Throws the TransactionCanceledException if there is any reason for it.
    func check() throws(ErrorReply) {
        guard reasons.contains(where: { $0 != nil }) else { return }
        var output: [UInt8] = []
        for reason in reasons {
            output.append(UInt8(ascii: output.isEmpty ? "[" : ","))
            output += "{\"Code\":".utf8
            JSONText.appendQuoted((reason?.code ?? "None").utf8, to: &output)
            if let item = reason?.item {
                output += ",\"Item\":".utf8
                item.append(to: &output)
            }
            if let message = reason?.message {
                output += ",\"Message\":".utf8
                JSONText.appendQuoted(message.utf8, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "]"))
        throw .transactionCanceled(codes: reasons.map { $0?.code ?? "None" }, reasons: output)
    }
}

extension CancellationReasons.Reason {
    /// A condition that does not hold.
    static func conditionalCheckFailed(_ item: Item?) -> Self {
        Self(code: "ConditionalCheckFailed", message: "The conditional request failed", item: item)
    }

    /// What an action's own error makes of the transaction; nil when it is the answer to the whole request.
    ///
    /// What the request alone shows to be wrong (an empty or too long key, an item that is too large) is the whole
    /// request's fault; what takes the table or the item to see is the action's (nubo-db/dynamodb-conformance,
    /// error-messages/transactWriteItems and limits/itemSizeBySurface, checked against the service).
    init?(_ error: ErrorReply) {
        let message = error.message ?? ""
        let code: String
        switch error.name {
        case "ValidationException":
            if Self.wholeRequestFaults.contains(where: message.hasPrefix) { return nil }
            code = "ValidationError"
        case "ItemCollectionSizeLimitExceededException": code = "ItemCollectionSizeLimitExceeded"
        case "ProvisionedThroughputExceededException": code = "ProvisionedThroughputExceeded"
        case "ThrottlingException": code = "ThrottlingError"
        default: return nil
        }
        self.init(code: code, message: message, item: nil)
    }

    /// How messages begin that a transaction passes on as they are.
    private static let wholeRequestFaults = [
        "One or more parameter values are not valid.",
        "One or more parameter values were invalid: Size of hashkey has exceeded",
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded",
        "Item size has exceeded the maximum allowed size",
    ]
}
