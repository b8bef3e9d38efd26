import DynamoDB
import Transport
import Upstream

extension Worker {
    /// Serves every operation but GetItem and BatchGetItem.
    func otherOperation(_ operation: Operation, _ admitted: Admitted) throws(ErrorReply) {
        let touching = try touching(operation, admitted)
        switch operation {
        case .describeEndpoints:
            return describeEndpoints(admitted)
        case .describeLimits where admitted.tenant.policy.operations != .all:
            return describeLimits(admitted)
        case .listTables where !admitted.tenant.policy.allowsEveryTable:
            return try listTables(touching.touched, hold(admitted))
        default:
            break
        }
        try authorise(touching.denial, operation: operation.name, admitted)
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
            held.use?.items = max(1, touching.writeCount)
            withOwnToken(held, touching.touched) { [unowned self] in
                admit(held) { [unowned self] in writeKeys(touching, held) }
            }
        case .statements:
            try runStatements(touching, operation, admitted)
        case .tables, .tablesFromNowOn:
            if case .tablesFromNowOn = effect {
                writeScopes(scopes(of: touching, for: admitted.tenant), hold(admitted), goesOn: true)
            } else {
                if touching.namesOperatorMember {
                    throw .accessDenied(admitted.tenant, operation: operation.name, table: nil)
                }
                writeScopes(scopes(of: touching, for: admitted.tenant), hold(admitted))
            }
        }
    }

    /// Serves an operation this version does not know: it is taken for one that may write anything in the tables it
    /// names.
    func unknownOperation(named name: String, _ admitted: Admitted) throws(ErrorReply) {
        let touching = try touching(nil, admitted)
        let policy = admitted.tenant.policy
        guard policy.allowsUnknownOperation(named: name, namesTable: touching.namesTable) else {
            throw .accessDenied(admitted.tenant, operation: name, table: nil)
        }
        try authorise(touching.denial, operation: name, admitted)
        writeScopes(scopes(of: touching, for: admitted.tenant), hold(admitted))
    }

    /// What the body says, read now unless it has been.
    private func touching(_ operation: Operation?, _ admitted: Admitted) throws(ErrorReply) -> Touching {
        do throws(RequestError) {
            if case .other(let read)? = admitted.large?.reading { return try read.get() }
            return unsafe try Touching(operation, admitted.body, admitted.tenant.policy)
        } catch {
            throw ErrorReply(error)
        }
    }

    /// Refuses a request that touches what is not the tenant's.
    private func authorise(_ denial: Denial?, operation: String, _ admitted: Admitted) throws(ErrorReply) {
        guard let denial else { return }
        throw .accessDenied(admitted.tenant, operation: operation, table: denial.table)
    }

    /// What a request may change that names no keys: the tables it names or, when that can't be told, everything.
    private func scopes(of touching: Touching, for tenant: Tenant) -> [WriteScope] {
        let touched = touching.touched
        if touching.isExcessive || touched.namesNoTable || touched.hasUnresolvedName {
            return [tenant.route.domain.scope]
        }
        return touched.tables.compactMap { coherentTable($0.nameBytes, for: tenant)?.scope }
    }

    /// The table of that name; nil when nothing of it can be cached.
    private func coherentTable(_ name: [UInt8], for tenant: Tenant) -> Table? {
        guard unsafe name.withUnsafeBytes({ unsafe TableName.isValid($0) }) else { return nil }
        return tenant.route.domain.table(named: name, now: reactor.now)
    }

    // MARK: - PartiQL

    private func runStatements(
        _ touching: Touching,
        _ operation: Operation,
        _ admitted: Admitted
    ) throws(ErrorReply) {
        let tenant = admitted.tenant
        let effects = touching.statements
        try authorise(effects.denial, operation: operation.name, admitted)
        var scopes: [WriteScope] = []
        if effects.writesAnywhere {
            scopes = [tenant.route.domain.scope]
        } else {
            scopes = effects.tables.compactMap { coherentTable($0, for: tenant)?.scope }
        }
        let held = hold(admitted, as: DataOperation(operation), isWrite: effects.mayWrite)
        held.use?.items = max(1, touching.statementCount)
        withOwnToken(held, touching.touched) { [unowned self] in
            if effects.mayWrite {
                // The window opens when the statement is sent, not while it waits.
                admit(held) { [unowned self] in send(held, window: window(keys: [], scopes: scopes)) }
            } else {
                forward(held, status: .notCacheable, isRead: true)
            }
        }
    }

    // MARK: - Writes

    /// Sends a write under a window over the keys it names.
    ///
    /// A key that can't be told widens the window to its table.
    private func writeKeys(_ touching: Touching, _ request: HeldRequest) {
        let touched = touching.touched
        if touching.isExcessive || touched.hasUnresolvedName || touched.namesNoTable {
            return send(request, window: window(keys: [], scopes: scopes(of: touching, for: request.tenant)))
        }
        let views = touched.tables.map { table in
            let name = table.nameBytes
            return unsafe name.withUnsafeBytes { unsafe view(of: $0, for: request.tenant) }
        }
        let undescribed = touched.writes.compactMap { write in
            if case .item = write.location { views[write.table] } else { nil }
        }
        describe(undescribed, as: request) { [unowned self] in
            let schemas = views.map { $0.flatMap { schema(of: $0) } }
            let body = request.body
            aside(body.count, for: request.tenant) {
                WrittenKeys.canonical(of: touched.writes, in: body, schemas: schemas)
            } then: { [unowned self] canonical in
                writeKeys(touched, canonical, views, schemas, request)
            }
        }
    }

    /// Sends a write whose keys are known in their canonical form, as far as they can be.
    private func writeKeys(
        _ touched: TouchedResources,
        _ canonical: [[UInt8]?],
        _ views: [TenantTable?],
        _ schemas: [KeySchema?],
        _ request: HeldRequest
    ) {
        var keys: [WriteWindow.Key] = []
        var scopes = touched.writesUnknownKeys ? views.compactMap { $0?.table.scope } : []
        for (write, canonical) in zip(touched.writes, canonical) {
            guard let view = views[write.table] else { continue }
            // A key read by a schema that is another by now is none.
            if let canonical, write.location.isKey || schema(of: view) == schemas[write.table] {
                trace?.write(write, request, view, canonical: canonical)
                let stripe = unsafe canonical.withUnsafeBytes {
                    unsafe CacheKey.stripe(table: view.table.number, canonical: $0)
                }
                keys.append(WriteWindow.Key(table: view.table, canonical: canonical, stripe: stripe))
            } else if !scopes.contains(where: { $0 === view.table.scope }) {
                scopes.append(view.table.scope)
            }
        }
        send(request, window: window(keys: keys, scopes: scopes))
    }

    private func schema(of view: TenantTable) -> KeySchema? {
        guard case .known(let metadata) = view.metadata(now: reactor.now) else { return nil }
        return metadata.schema
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

/// The keys that a request writes.
enum WrittenKeys {
    /// Their canonical forms, in the order of `writes`; nil for one that can't be told.
    ///
    /// `schemas` are those of the request's tables, by which the key of a whole item is told.
    static func canonical(of writes: [KeyWrite], in body: [UInt8], schemas: [KeySchema?]) -> [[UInt8]?] {
        let buffer = KeyBuffer()
        return unsafe body.withUnsafeBytes { body in
            writes.map { write in
                buffer.removeAll()
                let isKnown =
                    switch write.location {
                    case .key(let range):
                        unsafe ItemKey.appendCanonical(keyObject: range.slice(of: body), to: buffer)
                    case .item(let range):
                        schemas[write.table].map { schema in
                            unsafe ItemKey.appendCanonical(item: range.slice(of: body), schema: schema, to: buffer)
                        } ?? false
                    }
                return unsafe isKnown ? Array(buffer.bytes) : nil
            }
        }
    }
}

extension KeyWrite.Location {
    fileprivate var isKey: Bool {
        if case .key = self { true } else { false }
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
