private import DynamoDB
internal import Transport

/// Makes sure that a tenant's table is there, or tells what would make all operations fail.
struct TablePreparation {
    private static let refusedCredentials: Set<String> = [
        "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "ExpiredTokenException",
        "IncompleteSignatureException", "MissingAuthenticationTokenException", "InvalidClientTokenId",
    ]

    private let plan: TenantPlan
    private let maker: RequestMaker
    private let context: ClientContext
    private let stop: StopFlag

    init(_ plan: TenantPlan, _ maker: RequestMaker, _ context: ClientContext, stop: StopFlag) {
        self.plan = plan
        self.maker = maker
        self.context = context
        self.stop = stop
    }

    private var place: String { "\(plan.name): \(context.server.endpoint)" }

    /// Connects and asks for the table.
    ///
    /// Who may not describe tables may still use them, so that only what can't go well is an error.
    func check() throws {
        let reply = try call(.describeTable, describe)
        let name = ErrorText.name(reply.body, status: reply.status)
        switch name {
        case _ where reply.status == 200: try checkKey(reply.body)
        case "ResourceNotFoundException":
            throw BenchmarkError("\(place) has no table \(plan.table) in \(plan.region); --create makes it")
        case _ where Self.refusedCredentials.contains(name):
            let words = ErrorText.words(reply.body, status: reply.status)
            throw BenchmarkError("\(place) refuses the credentials: \(words)")
        case "HTTP \(reply.status)" where reply.status < 500 || reply.status == 501:
            throw BenchmarkError("\(place) answers DescribeTable with status \(reply.status); is it a DynamoDB?")
        default: break
        }
    }

    private func checkKey(_ body: [UInt8]) throws {
        guard let schema = unsafe body.withUnsafeBytes({ unsafe TableDescription.parse($0)?.keySchema }) else { return }
        let found = [schema.partitionKey, schema.sortKey].compactMap { $0 }
        let names = found.map { String(decoding: $0.name, as: UTF8.self) }
        let wanted = maker.items.hasRangeKey ? ["id", "seq"] : ["id"]
        guard names != wanted || found.contains(where: { $0.type != .string }) else { return }
        throw BenchmarkError(
            "\(place): the key of table \(plan.table) is (\(names.joined(separator: ", "))); the mix "
                + "needs (\(wanted.joined(separator: ", "))), strings; --create makes such a table of another name"
        )
    }

    /// Creates the table if it is missing, and waits until it is active.
    func create(_ setup: TableSetup) throws {
        var body = Array(#"{"TableName":"#.utf8)
        maker.items.appendTable(to: &body)
        let ranged = maker.items.hasRangeKey
        let range = ranged ? #",{"AttributeName":"seq","AttributeType":"S"}"# : ""
        let rangeKey = ranged ? #",{"AttributeName":"seq","KeyType":"RANGE"}"# : ""
        body += Array(#","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}\#(range)]"#.utf8)
        body += Array(#","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}\#(rangeKey)]"#.utf8)
        if let (reads, writes) = setup.provisioned {
            let units = #"{"ReadCapacityUnits":\#(reads),"WriteCapacityUnits":\#(writes)}"#
            body += Array(#","BillingMode":"PROVISIONED","ProvisionedThroughput":\#(units)}"#.utf8)
        } else {
            body += Array(#","BillingMode":"PAY_PER_REQUEST"}"#.utf8)
        }
        let created = try call(.createTable, body)
        let name = ErrorText.name(created.body, status: created.status)
        guard created.status == 200 || name == "ResourceInUseException" else { throw failure("creating", created) }
        for _ in 0..<600 where !stop.value {
            let described = try call(.describeTable, describe)
            guard described.status == 200 else { throw failure("describing", described) }
            if ErrorText.find(#""TableStatus":"ACTIVE""#, in: described.body.filter({ $0 != 32 })) != nil {
                return try checkKey(described.body)
            }
            MonotonicClock.sleep(until: MonotonicClock.now + 100_000_000)
        }
        if !stop.value { throw BenchmarkError("\(place): table \(plan.table) does not become active") }
    }

    private var describe: [UInt8] {
        var body = Array(#"{"TableName":"#.utf8)
        maker.items.appendTable(to: &body)
        return body + Array("}".utf8)
    }

    private func failure(_ step: String, _ reply: (status: Int, body: [UInt8])) -> BenchmarkError {
        BenchmarkError("\(place): \(step) table \(plan.table): \(ErrorText.words(reply.body, status: reply.status))")
    }

    /// One request, waited for.
    private func call(_ kind: WireKind, _ body: [UInt8]) throws -> (status: Int, body: [UInt8]) {
        let caller = Caller(context, stop: stop) { connection in
            context.reactor.refreshClocks()
            maker.write(kind, body: body, into: &connection.output, now: context.reactor.wallClock)
        }
        return try caller.call()
    }
}

/// One request on a connection of its own, waited for.
final class Caller: ClientOwner {
    private let context: ClientContext
    private let stop: StopFlag
    private let write: (ClientConnection) -> Void
    private var result: Result<(status: Int, body: [UInt8]), ClientFailure>?

    init(_ context: ClientContext, stop: StopFlag, _ write: @escaping (ClientConnection) -> Void) {
        self.context = context
        self.stop = stop
        self.write = write
    }

    func call() throws -> (status: Int, body: [UInt8]) {
        let connection = ClientConnection(context, owner: self)
        connection.open()
        while result == nil, !stop.value {
            context.reactor.schedule(after: 50_000_000) { [weak self, weak connection] in
                connection?.checkDeadline(MonotonicClock.now)
                self?.context.reactor.stop()
            }
            context.reactor.run()
        }
        connection.retire()
        switch result {
        case .success(let reply): return reply
        case .failure(let failure):
            let remedy = failure.remedy(context.server.endpoint)
            throw BenchmarkError("\(context.server.endpoint): \(failure.name)\(remedy)")
        case nil: throw BenchmarkError("\(context.server.endpoint): ended before it answered")
        }
    }

    func opened(_ connection: ClientConnection) {
        guard result == nil else { return }
        write(connection)
        connection.send(keepsBody: true, now: MonotonicClock.now)
    }

    func replied(_ connection: ClientConnection) {
        result = result ?? .success((connection.reply.status, connection.reply.body))
        context.reactor.stop()
    }

    func failed(_ connection: ClientConnection, _ failure: ClientFailure, wasBusy: Bool) {
        result = result ?? .failure(failure)
        context.reactor.stop()
    }
}
