import DynamoDB

/// What an operation may do to cached items, and so what must be dropped around it.
enum Effect {
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
    var effect: Effect {
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

/// All that has to be found out about a request's body before anything is done: what it touches, and whether that is its
/// tenant's.
///
/// A function of the body and the policy, so that a large body can be read beside the reactor.
struct Touching: Sendable {
    /// What it touches; without lists when `isExcessive`.
    let touched: TouchedResources
    /// It names more than any operation takes: to count with everything is cheaper than to look at each, and keeps no
    /// table's name.
    let isExcessive: Bool
    let namesTable: Bool
    /// Items it writes.
    let writeCount: Int
    let statementCount: Int
    /// Whether it names a table that is not the tenant's, or names none and could show others'.
    let denial: Denial?
    /// Whether a member of CreateTable or UpdateTable acts outside the table with the operator's rights.
    let namesOperatorMember: Bool
    /// What its PartiQL statements do.
    let statements: StatementEffects

    /// Items of a transaction; a batch has fewer (service quotas).
    static let maxParts = 100
    /// Longer than any table's name.
    static let maxName = 1024

    init(
        _ operation: Operation?,
        _ body: UnsafeRawBufferPointer,
        _ policy: AccessPolicy
    ) throws(RequestError) {
        let found = unsafe try TouchedResources.of(operation, body: body)
        isExcessive =
            max(found.tables.count, found.writes.count, found.statements.count) > Self.maxParts
            || found.tables.contains { $0.name.utf8.count > Self.maxName }
        touched = isExcessive ? found.withoutLists : found
        namesTable = !found.namesNoTable
        writeCount = found.writes.count
        statementCount = found.statements.count
        denial = Self.denial(found, policy)
        statements = operation?.effect == .statements ? StatementEffects(found.statements, policy) : StatementEffects()
        namesOperatorMember =
            if operation?.effect == .tables, policy.operations != .all {
                unsafe try Self.namesOperatorMember(body)
            } else {
                false
            }
    }

    private static func denial(_ touched: TouchedResources, _ policy: AccessPolicy) -> Denial? {
        if policy.allowsEveryTable { return nil }
        for table in touched.tables where !policy.allowsTable(table.nameBytes) {
            return Denial(table: table.nameBytes)
        }
        let namesNothing = touched.namesNoTable && touched.statements.isEmpty
        return touched.hasUnresolvedName || namesNothing ? Denial(table: nil) : nil
    }

    private static func namesOperatorMember(_ body: UnsafeRawBufferPointer) throws(RequestError) -> Bool {
        var reader = unsafe JSONReader(body)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if operatorMembers.contains(where: { reader.matches(name, $0) }) { return true }
            try reader.skipValue()
        }
        return false
    }

    /// Replicas in other regions, keys of KMS, and policies by which other accounts get at the table.
    private static let operatorMembers: [StaticString] = [
        "ReplicaUpdates", "GlobalTableWitnessUpdates", "ResourcePolicy", "SSESpecification",
    ]
}

/// What the statements of a PartiQL request do together.
struct StatementEffects: Sendable {
    /// The first statement that is not the tenant's to make.
    private(set) var denial: Denial?
    private(set) var mayWrite = false
    /// The tables written to.
    private(set) var tables: Set<[UInt8]> = []
    /// A statement may write to a table that can't be told, or they write to more than are told.
    private(set) var writesAnywhere = false

    init() {}

    init(_ statements: [PartiQLStatement], _ policy: AccessPolicy) {
        for statement in statements {
            let classified = statement.classification
            let name = classified.table.flatMap { TableReference($0)?.nameBytes }
            let isAllowed = policy.allowsEveryTable || name.map { policy.allowsTable($0) } == true
            let isSelect = classified.kind == .select
            guard isAllowed, isSelect || policy.operations != .readOnly else {
                denial = Denial(table: name)
                return
            }
            if isSelect { continue }
            mayWrite = true
            if let name, name.count <= Touching.maxName { tables.insert(name) } else { writesAnywhere = true }
        }
        if tables.count > Touching.maxParts { (tables, writesAnywhere) = ([], true) }
    }
}
