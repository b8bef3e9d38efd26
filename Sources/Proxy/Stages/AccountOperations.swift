import DynamoDB
import Transport
import Upstream

/// Operations about the whole account, which tenants share: answered here, or cut down to what is the tenant's.
extension Worker {
    /// Names the proxy itself, so that a client with endpoint discovery stays with it.
    func describeEndpoints(_ admitted: Admitted) {
        var body = Array("{\"Endpoints\":[{\"Address\":".utf8)
        let host = unsafe admitted.http.header("host").map { unsafe Array($0) } ?? []
        JSONText.appendQuoted(host, to: &body)
        body += ",\"CachePeriodInMinutes\":1440}]}".utf8
        reply(
            body,
            cache: .notCacheable,
            contentType: admitted.contentType,
            to: admitted.exchange
        )
    }

    /// DynamoDB's default quotas: the account's own are the operator's business.
    func describeLimits(_ admitted: Admitted) {
        let body = Array(
            """
            {"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,\
            "TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}
            """.utf8
        )
        reply(
            body,
            cache: .notCacheable,
            contentType: admitted.contentType,
            to: admitted.exchange
        )
    }

    /// Lists the tenant's own tables: pages of the account's are read until enough are found.
    func listTables(_ touched: TouchedResources, _ request: HeldRequest) throws(ErrorReply) {
        let limit = try ListTablesPage.limit(touched.limit)
        continueListing(
            ListTablesPage(limit: limit, start: touched.exclusiveStartTableName.map { Array($0.utf8) }),
            request
        )
    }

    private func continueListing(_ page: ListTablesPage, _ request: HeldRequest) {
        send(own: request.target, body: page.nextRequest(), as: request.tenant) { [unowned self] result in
            guard case .success(let upstream) = result, upstream.status == 200 else {
                return answer(result, request, status: .notCacheable, isRead: true)
            }
            guard let part = unsafe upstream.body.withUnsafeBytes({ unsafe ListTablesReply.parse($0) }) else {
                // Whatever it is, it may name others' tables.
                return reply(
                    .internalServerError("The upstream's list of tables can't be read."),
                    cache: .upstreamFailure,
                    to: request.exchange,
                    contentType: request.contentType
                )
            }
            var page = page
            guard page.pages < ListTablesPage.maxPages else {
                return reply(
                    .internalServerError("There are too many tables to list."),
                    cache: .upstreamFailure,
                    to: request.exchange,
                    contentType: request.contentType
                )
            }
            if page.take(part, where: request.tenant.policy.allowsTable) {
                reply(page.body(), cache: .notCacheable, contentType: request.contentType, to: request.exchange)
            } else {
                continueListing(page, request)
            }
        }
    }
}

/// A page of table names that is being gathered from the account's pages.
private struct ListTablesPage {
    private static let upstreamLimit = 100
    /// Pages read upstream for one page of the tenant's: ten times the tables an account may have.
    ///
    /// A page that ended early would have to name a table to go on after, and that may be somebody else's.
    static let maxPages = 1000

    private let limit: Int
    private var names: [String] = []
    private var start: [UInt8]?
    private var lastEvaluated: String?
    private(set) var pages = 0

    init(limit: Int, start: [UInt8]?) {
        self.limit = limit
        self.start = start
    }

    /// The page size a request asks for.
    ///
    /// What DynamoDB would refuse is refused here: not every upstream does, and what it gave back would be everybody's
    /// tables.
    static func limit(_ asked: Int?) throws(ErrorReply) -> Int {
        guard let asked else { return upstreamLimit }
        if (1...upstreamLimit).contains(asked) { return asked }
        let bound = asked < 1 ? "greater than or equal to 1" : "less than or equal to \(upstreamLimit)"
        throw .validation(
            "1 validation error detected: Value '\(asked)' at 'limit' failed to satisfy constraint: "
                + "Member must have value \(bound)"
        )
    }

    func nextRequest() -> [UInt8] {
        var body = Array("{\"Limit\":\(Self.upstreamLimit)".utf8)
        if let start {
            body += ",\"ExclusiveStartTableName\":".utf8
            JSONText.appendQuoted(start, to: &body)
        }
        body.append(UInt8(ascii: "}"))
        return body
    }

    /// Takes the allowed names of one upstream page.
    ///
    /// - Returns: True when the tenant's page is done.
    mutating func take(_ part: ListTablesReply, where allows: ([UInt8]) -> Bool) -> Bool {
        pages += 1
        for name in part.names where allows(Array(name.utf8)) {
            if names.count == limit {
                lastEvaluated = names.last
                return true
            }
            names.append(name)
        }
        guard let last = part.lastEvaluatedTableName else { return true }
        start = Array(last.utf8)
        return false
    }

    func body() -> [UInt8] {
        ListTablesReply(names: names, lastEvaluatedTableName: lastEvaluated).body()
    }
}
