import DynamoDB

/// What a tenant may ask for: operations and table patterns.
struct AccessPolicy: Sendable {
    let operations: OperationsPolicy
    let tables: [Pattern]

    /// True when the tenant may touch every table, so that requests which name none can't show it another's.
    let allowsEveryTable: Bool

    init(operations: OperationsPolicy, tables: [Pattern]) {
        self.operations = operations
        self.tables = tables
        allowsEveryTable = tables.contains { $0.matchesEverything }
    }

    /// Whether the tenant may use a known operation at all.
    func allows(_ operation: Operation) -> Bool {
        switch operations {
        case .all: true
        case .only(let names): names.contains(operation.name)
        case .standard: operation.defaultPolicy != .deny
        case .readOnly: operation.defaultPolicy != .deny && (operation.changesNothing || operation.category == .partiQL)
        }
    }

    /// Whether the tenant may use an operation that this version does not know.
    ///
    /// One that names a table is allowed to a tenant of that table (and drops the table's cache); one that names none
    /// only to a tenant that may do everything.
    func allowsUnknownOperation(named name: String, namesTable: Bool) -> Bool {
        switch operations {
        case .all: true
        case .only(let names): names.contains(name) && namesTable
        case .standard: namesTable
        case .readOnly: false
        }
    }

    func allowsTable(_ name: [UInt8]) -> Bool {
        allowsEveryTable || tables.contains { $0.matches(name) }
    }
}

extension Operation {
    /// True when it leaves tables and items as they are.
    ///
    /// PartiQL depends on its statements and is not among them.
    var changesNothing: Bool {
        switch self {
        case .listTagsOfResource, .getResourcePolicy: true
        default:
            switch category {
            case .read, .controlRead, .list, .streams: true
            case .write, .partiQL, .controlWrite, .bulkWrite: false
            }
        }
    }
}
