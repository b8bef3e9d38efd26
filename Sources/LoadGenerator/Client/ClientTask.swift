/// What a connection is being used for.
struct ClientTask {
    enum Phase {
        /// Nothing; the next operation may begin when it is open.
        case idle
        /// A request is in flight.
        case sending
        /// The pause before the request is sent again.
        case backoff
        /// The pause between two operations.
        case thinking
        /// The request is to be sent as soon as the connection is open again.
        case awaitingConnection
    }

    var phase = Phase.idle
    var kind = OperationKind.get
    var wire = WireKind.get
    /// The key's number; of a BatchGetItem or Query, the number of its prepared contents.
    var key = 0
    /// When the operation should have begun.
    var intended: UInt64 = 0
    /// How often the current request has been sent again.
    var attempt = 0
    /// Of a read-modify-write: when its write was first sent; 0 before.
    var secondStage: UInt64 = 0
    /// It is in its owner's list of free connections.
    var isListed = false
}
