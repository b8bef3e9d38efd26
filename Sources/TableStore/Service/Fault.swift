public import DynamoDB

/// Something that goes wrong with a share of the calls.
public struct Fault: Sendable, Equatable {
    /// What goes wrong.
    public enum Kind: Sendable, Equatable {
        /// An error instead of the operation, which has no effect.
        case error(ErrorName)
        /// InternalServerError after the operation was done.
        case errorAfter
        /// No answer, and no effect.
        case timeout
        /// No answer; the write is done so many nanoseconds later. Does not hit reads.
        case lateWrite(after: UInt64)
        /// The connection is closed instead of doing the operation, which has no effect.
        case dropBefore
        /// The connection is closed after the operation was done.
        case dropAfter
    }

    /// Errors that come without the operation's fault.
    public enum ErrorName: String, CaseIterable, Sendable {
        /// 500.
        case internalServerError = "InternalServerError"
        /// 503.
        case serviceUnavailable = "ServiceUnavailable"
        /// 400: too many requests.
        case throttling = "ThrottlingException"
        /// 400: no capacity left.
        case provisionedThroughputExceeded = "ProvisionedThroughputExceededException"
        /// 400: the account's quota is used up.
        case requestLimitExceeded = "RequestLimitExceeded"
    }

    /// Which operations it hits.
    public enum Scope: Sendable, Equatable {
        case all
        /// Operations that change nothing, of tables and streams too.
        case reads
        /// Operations that change items or tables.
        case writes
        /// Only these.
        case named(Set<Operation>)
    }

    /// What goes wrong.
    public var kind: Kind
    /// With which share of the calls it hits, from 0 to 1.
    public var probability: Double
    /// Which operations it hits.
    public var scope: Scope
    /// Names of the tables it hits, whether requests use the name or the ARN; none stands for all.
    ///
    /// A request on several tables is hit when one of them is named.
    public var tables: Set<String>

    /// A fault of all operations on all tables, unless said otherwise.
    public init(_ kind: Kind, probability: Double, scope: Scope = .all, tables: Set<String> = []) {
        self.kind = kind
        self.probability = probability
        self.scope = scope
        self.tables = tables
    }

    /// Whether it may hit an operation, on whatever table.
    func covers(_ operation: Operation) -> Bool {
        if case .lateWrite = kind, !operation.changesData { return false }
        return switch scope {
        case .all: true
        case .reads: !operation.changesData
        case .writes: operation.changesData
        case .named(let operations): operations.contains(operation)
        }
    }

    /// What is wrong with it; nil when nothing is.
    var problem: String? {
        // Not a number is not contained.
        if !ServiceModel.probabilityBounds.contains(probability) { return "has a probability that is not from 0 to 1" }
        if case .lateWrite(let delay) = kind { return Latency.fixed(delay).problem }
        return nil
    }

    /// The nearest that has no problem.
    var bounded: Fault {
        var fault = self
        fault.probability = probability.isNaN ? 0 : min(max(probability, 0), 1)
        if case .lateWrite(let delay) = kind {
            fault.kind = .lateWrite(after: min(delay, ServiceModel.delayBounds.upperBound))
        }
        return fault
    }
}

extension Fault.ErrorName {
    /// The error, as DynamoDB words it.
    var reply: ErrorReply {
        switch self {
        case .internalServerError: .internalServerError()
        case .serviceUnavailable: .serviceUnavailable()
        case .throttling: .throttling()
        case .provisionedThroughputExceeded: .provisionedThroughputExceeded
        case .requestLimitExceeded:
            .requestLimitExceeded("Throughput exceeds the current throughput limit for your account.")
        }
    }
}

extension Operation {
    /// Whether it changes items or tables.
    var changesData: Bool {
        switch category {
        case .write, .controlWrite, .bulkWrite, .partiQL: true
        case .read, .controlRead, .list, .streams: false
        }
    }
}
