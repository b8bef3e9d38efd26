import DynamoDB
import Transport
import Upstream

/// What an operation may do to cached items, and so what must be dropped around it.
private enum Effect {
    case nothing
    /// Writes the items whose keys stand in the request.
    case keys
    /// Does what its PartiQL statements say.
    case statements
    /// May change any item of the tables it names, or the tables themselves.
    case tables
    /// Goes on changing a table after it has been answered.
    case tablesFromNowOn
}

extension Operation {
    fileprivate var effect: Effect {
        switch self {
        case .createTable, .deleteTable, .updateTable, .updateTimeToLive, .createGlobalTable, .updateGlobalTable,
            .updateGlobalTableSettings, .updateTableReplicaAutoScaling, .restoreTableFromBackup,
            .restoreTableToPointInTime, .importTable:
            .tables
        case .startBulkPutItems:
            .tablesFromNowOn
        default:
            switch category {
            case .write: .keys
            case .partiQL: .statements
            case .read, .controlRead, .controlWrite, .bulkWrite, .list, .streams: .nothing
            }
        }
    }
}

extension Worker {
    /// Serves every operation but GetItem and BatchGetItem.
    func otherOperation(_ operation: Operation, _ admitted: Admitted) throws(ErrorReply) {
        let touched = try touchedResources(operation, admitted)
        switch operation {
        case .describeEndpoints:
            return describeEndpoints(admitted)
        case .describeLimits where admitted.tenant.policy.operations != .all:
            return describeLimits(admitted)
        case .listTables where !admitted.tenant.policy.allowsEveryTable:
            return try listTables(touched, hold(admitted))
        default:
            break
        }
        try authoriseTables(touched, operation: operation.name, admitted)
        let effect = operation.effect
        switch effect {
        case .nothing:
            forward(
                hold(admitted, as: DataOperation(operation)),
                status: .notCacheable,
                isRead: operation.changesNothing
            )
        case .keys:
            let held = hold(admitted, as: DataOperation(operation), isWrite: true)
            held.separateToken(touched.clientRequestToken)
            held.use?.items = max(1, touched.writes.count)
            admit(held) { [unowned self] in writeKeys(touched, held) }
        case .statements:
            try runStatements(touched, operation, admitted)
        case .tables, .tablesFromNowOn:
            if case .tablesFromNowOn = effect {
                writeScopes(scopes(of: touched, for: admitted.tenant), hold(admitted), goesOn: true)
            } else {
                try authoriseMembers(operation, admitted)
                writeScopes(scopes(of: touched, for: admitted.tenant), hold(admitted))
            }
        }
    }

    /// Serves an operation this version does not know: it is taken for one that may write anything in the tables it
    /// names.
    func unknownOperation(named name: String, _ admitted: Admitted) throws(ErrorReply) {
        let touched = try touchedResources(nil, admitted)
        let policy = admitted.tenant.policy
        guard policy.allowsUnknownOperation(named: name, namesTable: !touched.tables.isEmpty) else {
            throw .accessDenied(admitted.tenant, operation: name, table: nil)
        }
        try authoriseTables(touched, operation: name, admitted)
        writeScopes(scopes(of: touched, for: admitted.tenant), hold(admitted))
    }

    private func touchedResources(
        _ operation: Operation?,
        _ admitted: Admitted
    ) throws(ErrorReply) -> TouchedResources {
        do throws(RequestError) {
            return unsafe try TouchedResources.of(operation, body: admitted.body)
        } catch {
            throw ErrorReply(error)
        }
    }

    /// Refuses a request that names a table which is not the tenant's, or that names none and could show others'.
    private func authoriseTables(
        _ touched: TouchedResources,
        operation: String,
        _ admitted: Admitted
    ) throws(ErrorReply) {
        let policy = admitted.tenant.policy
        if policy.allowsEveryTable { return }
        for table in touched.tables where !policy.allowsTable(table.nameBytes) {
            throw .accessDenied(admitted.tenant, operation: operation, table: table.nameBytes)
        }
        if touched.hasUnresolvedName || (touched.namesNoTable && touched.statements.isEmpty) {
            throw .accessDenied(admitted.tenant, operation: operation, table: nil)
        }
    }

    /// Refuses members of CreateTable and UpdateTable that act outside the table with the operator's rights.
    private func authoriseMembers(_ operation: Operation, _ admitted: Admitted) throws(ErrorReply) {
        guard admitted.tenant.policy.operations != .all else { return }
        do {
            var reader = unsafe JSONReader(admitted.body)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                for member in Self.operatorMembers where reader.matches(name, member) {
                    throw ErrorReply.accessDenied(admitted.tenant, operation: operation.name, table: nil)
                }
                try reader.skipValue()
            }
        } catch let error as ErrorReply {
            throw error
        } catch {
            throw .malformedJSON
        }
    }

    /// Replicas in other regions, keys of KMS, and policies by which other accounts get at the table.
    private static let operatorMembers: [StaticString] = [
        "ReplicaUpdates", "GlobalTableWitnessUpdates", "ResourcePolicy", "SSESpecification",
    ]

    /// What a request may change that names no keys: the tables it names or, when that can't be told, everything.
    private func scopes(of touched: TouchedResources, for tenant: Tenant) -> [WriteScope] {
        if touched.namesNoTable || touched.hasUnresolvedName { return [tenant.route.domain.scope] }
        return touched.tables.compactMap { coherentTable($0.nameBytes, for: tenant)?.scope }
    }

    /// The table of that name; nil when nothing of it can be cached.
    private func coherentTable(_ name: [UInt8], for tenant: Tenant) -> Table? {
        guard unsafe name.withUnsafeBytes({ unsafe TableName.isValid($0) }) else { return nil }
        return tenant.route.domain.table(named: name, now: reactor.now)
    }

    // MARK: - PartiQL

    private func runStatements(
        _ touched: TouchedResources,
        _ operation: Operation,
        _ admitted: Admitted
    ) throws(ErrorReply) {
        let tenant = admitted.tenant
        var scopes: [WriteScope] = []
        var mayWrite = false
        for statement in touched.statements {
            let classified = statement.classification
            let name = classified.table.flatMap { TableReference($0)?.nameBytes }
            let isAllowed = tenant.policy.allowsEveryTable || name.map { tenant.policy.allowsTable($0) } == true
            guard isAllowed else {
                throw .accessDenied(tenant, operation: operation.name, table: name)
            }
            if classified.kind == .select { continue }
            if tenant.policy.operations == .readOnly {
                throw .accessDenied(tenant, operation: operation.name, table: name)
            }
            mayWrite = true
            if let name {
                if let table = coherentTable(name, for: tenant) { scopes.append(table.scope) }
            } else {
                scopes.append(tenant.route.domain.scope)
            }
        }
        let held = hold(admitted, as: DataOperation(operation), isWrite: mayWrite)
        held.separateToken(touched.clientRequestToken)
        held.use?.items = max(1, touched.statements.count)
        if mayWrite {
            // The window opens when the statement is sent, not while it waits.
            admit(held) { [unowned self] in send(held, window: window(keys: [], scopes: scopes)) }
        } else {
            forward(held, status: .notCacheable, isRead: true)
        }
    }

    // MARK: - Writes

    /// Items of a transaction; a batch has fewer (service quotas).
    private static let maxWrites = 100

    /// Sends a write under a window over the keys it names.
    ///
    /// A key that can't be told widens the window to its table.
    private func writeKeys(_ touched: TouchedResources, _ request: HeldRequest) {
        // More than any operation takes: a window on everything is cheaper than to look at each, and keeps no table's name.
        if touched.writes.count > Self.maxWrites || touched.tables.count > Self.maxWrites {
            return send(request, window: window(keys: [], scopes: [request.tenant.route.domain.scope]))
        }
        if touched.hasUnresolvedName || touched.namesNoTable {
            return send(request, window: window(keys: [], scopes: scopes(of: touched, for: request.tenant)))
        }
        let views = touched.tables.map { table in
            let name = table.nameBytes
            return unsafe name.withUnsafeBytes { unsafe view(of: $0, for: request.tenant) }
        }
        let undescribed = touched.writes.compactMap { write in
            if case .item = write.location { views[write.table] } else { nil }
        }
        describe(undescribed, as: request) { [unowned self] in
            var keys: [WriteWindow.Key] = []
            var scopes = touched.writesUnknownKeys ? views.compactMap { $0?.table.scope } : []
            for write in touched.writes {
                guard let view = views[write.table] else { continue }
                if let key = key(of: write, in: view, body: request.body) {
                    trace?.write(write, request, view, canonical: key.canonical)
                    keys.append(key)
                } else if !scopes.contains(where: { $0 === view.table.scope }) {
                    scopes.append(view.table.scope)
                }
            }
            send(request, window: window(keys: keys, scopes: scopes))
        }
    }

    private func key(of write: KeyWrite, in view: TenantTable, body: [UInt8]) -> WriteWindow.Key? {
        keyBuffer.removeAll()
        let isKnown = unsafe body.withUnsafeBytes { body in
            switch write.location {
            case .key(let range):
                return unsafe ItemKey.appendCanonical(keyObject: range.slice(of: body), to: keyBuffer)
            case .item(let range):
                guard case .known(let metadata) = view.metadata(now: reactor.now), let schema = metadata.schema else {
                    return false
                }
                return unsafe ItemKey.appendCanonical(item: range.slice(of: body), schema: schema, to: keyBuffer)
            }
        }
        guard isKnown else { return nil }
        return unsafe WriteWindow.Key(
            table: view.table,
            canonical: Array(keyBuffer.bytes),
            stripe: CacheKey.stripe(table: view.table.number, canonical: keyBuffer.bytes)
        )
    }

    /// Sends a request that may change the tables themselves; `goesOn` when it changes items after its answer too.
    private func writeScopes(_ scopes: [WriteScope], _ request: HeldRequest, goesOn: Bool = false) {
        for scope in scopes {
            scope.descriptionChanges()
        }
        send(request, window: window(keys: [], scopes: scopes)) { result in
            for scope in scopes {
                scope.descriptionChanges()
                if goesOn, !result.isRefusal { scope.suspend() }
            }
        }
    }

    private func window(keys: [WriteWindow.Key], scopes: [WriteScope]) -> WriteWindow {
        WriteWindow(keys: keys, scopes: scopes, stripes: shared.stripes, scratch: dropBuffer)
    }

    /// Sends a write and closes its window when its outcome is known, whatever has become of the client.
    private func send(
        _ request: HeldRequest,
        window: WriteWindow,
        before close: @escaping (UpstreamResult) -> Void = { _ in }
    ) {
        send(request, isRead: false) { [unowned self] result in
            close(result)
            window.close(
                WriteWindow.Outcome(result),
                now: reactor.now,
                dirtyWindow: shared.configuration.coherence.dirtyWindow
            )
            answer(result, request, status: .notCacheable, isRead: false)
        }
    }

    // MARK: - Forwarding

    /// Passes a request on that needs no window.
    func forward(_ request: HeldRequest, status: CacheStatus, isRead: Bool) {
        admit(request) { [unowned self] in
            send(request, isRead: isRead) { [unowned self] result in
                answer(result, request, status: status, isRead: isRead)
            }
        }
    }

    /// Passes on what came of a request.
    func answer(_ result: UpstreamResult, _ request: HeldRequest, status: CacheStatus, isRead: Bool) {
        switch result {
        case .success(let upstream):
            reply(upstream, cache: status, to: request)
        case .failure(let failure):
            reply(failure, isRead: isRead, to: request)
        }
    }
}

extension WriteWindow.Outcome {
    /// What an upstream's answer to a write says of it.
    ///
    /// 2xx and DynamoDB's 4xx errors are definite. A 5xx may have been applied, and so may whatever something between
    /// us and DynamoDB timed out (408) or redirected.
    init(_ result: UpstreamResult) {
        switch result {
        case .success(let reply):
            switch reply.status {
            case 200..<300: self = .definite
            case 408: self = .unknown
            case 400..<500: self = .definite
            default: self = .unknown
            }
        case .failure(let failure):
            self = failure.mayHaveBeenSent ? .unknown : .definite
        }
    }
}

extension UpstreamResult {
    /// The upstream said no: nothing was done, and nothing will be.
    fileprivate var isRefusal: Bool {
        switch self {
        case .success(let reply): (400..<500).contains(reply.status) && reply.status != 408
        case .failure(let failure): !failure.mayHaveBeenSent
        }
    }
}
