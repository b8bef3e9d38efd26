import DynamoDB

/// What UpdateTable checks in a request before it looks at the table.
///
/// Which changes go together, and the messages: aws-controllers-k8s's record of the live service (2026-10), mhart/dynalite's
/// test/updateTable.js, which ran against the service.
enum UpdateTableChecks {
    /// The members of which one must be there, as the message names them; some are not public.
    private static let required = [
        "ProvisionedThroughput", "BillingMode", "UpdateStreamEnabled", "GlobalSecondaryIndexUpdates",
        "SSESpecification",
        "ReplicaUpdates", "MultiAccountReplicaReady", "ReplicaTransitRoleArn", "MultiRegionConsistency",
        "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput", "TableClass",
    ]

    private static let unsupported = [
        "ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode",
        "DisassociationProtectionEnabled", "VectorIndexUpdates",
    ]

    /// Checks which changes there are.
    static func check(_ members: Members, _ capacity: CapacityRequest) throws(ErrorReply) {
        let changes = changes(members, capacity)
        let indexUpdates = members.structures("GlobalSecondaryIndexUpdates")
        if changes.isEmpty, indexUpdates?.isEmpty ?? true {
            if let name = unsupported.first(where: members.has), name != "MultiRegionConsistency" {
                throw refusal(of: name)
            }
            let names = required.filter { $0 != "MultiRegionConsistency" || !members.has($0) }
            throw .validation(
                "At least one of \(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1]) is required"
            )
        }
        if let indexUpdates, indexUpdates.isEmpty {
            throw .invalidParameters("List of GlobalSecondaryIndexUpdates is empty")
        }
        if let name = unsupported.first(where: members.has) { throw refusal(of: name) }
        try capacity.checkBounds()
    }

    /// Refuses changes that don't go together.
    static func checkTogether(
        _ members: Members,
        _ capacity: CapacityRequest,
        _ indexes: IndexUpdates?
    ) throws(ErrorReply) {
        let changes = changes(members, capacity)
        let count = changes.count + (indexes == nil ? 0 : 1)
        for (member, name) in [
            ("SSESpecification", "Server-Side Encryption modification"), ("TableClass", "TableClass modification"),
            ("DeletionProtectionEnabled", "DeletionProtection modification"),
        ] where changes.contains(member) && count > 1 {
            throw .invalidParameters("\(name) must be the only operation in the request")
        }
        let changesIndexes = indexes?.changesIndexes == true
        if changes.contains("WarmThroughput"), count > 1 {
            throw .invalidParameters(
                changesIndexes && count == 2
                    ? "Create global secondary index cannot be specified when updating WarmThroughput"
                    : "WarmThroughput must be the only operation in the request"
            )
        }
        if changes.contains("OnDemandThroughput"),
            !changes.isSubset(of: ["OnDemandThroughput", "BillingMode"]) || indexes != nil
        {
            throw .invalidParameters(
                "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
            )
        }
        let changesUnits = changes.contains("ProvisionedThroughput")
        if changesUnits, changes.contains("StreamSpecification") {
            throw .invalidParameters("You cannot modify stream status while updating table IOPS")
        }
        if changesIndexes, changesUnits, !changes.contains("BillingMode") {
            throw .invalidParameters("You cannot create or delete index while updating table IOPS")
        }
        if changesIndexes, changes.contains("StreamSpecification") {
            throw .invalidParameters("You cannot create or delete index while changing stream status")
        }
    }

    /// The changes asked for, but for those of indexes.
    private static func changes(_ members: Members, _ capacity: CapacityRequest) -> Set<String> {
        var changes: Set<String> = []
        for name in [
            "ProvisionedThroughput", "BillingMode", "StreamSpecification", "SSESpecification",
            "DeletionProtectionEnabled", "TableClass",
        ] where members.has(name) { changes.insert(name) }
        if capacity.limits != nil { changes.insert("OnDemandThroughput") }
        if capacity.warm != nil { changes.insert("WarmThroughput") }
        return changes
    }

    private static func refusal(of name: String) -> ErrorReply {
        .invalidParameters("\(name) is not supported by this store")
    }
}
