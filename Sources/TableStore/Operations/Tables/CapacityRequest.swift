import DynamoDB

/// What a request says of the capacity of a table or of a global index, with DynamoDB's checks.
///
/// Empty structures count as absent.
struct CapacityRequest: Sendable {
    /// `WarmThroughput`.
    struct Warm: Sendable {
        var read: Int?
        var write: Int?
    }

    let throughput: Throughput?
    let limits: OnDemandLimits?
    let warm: Warm?
    /// The index; nil for the table.
    private let index: String?

    private static let maximumUnits = 1_000_000_000_000
    /// What a pay-per-request table is ready for from the start.
    private static let initialOnDemand = Throughput(read: 12_000, write: 4_000)
    private static let initialLink =
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
        + "#on-demand-capacity-mode-initial"

    init(_ members: Members, index: String? = nil) {
        self.index = index
        throughput = members.structure("ProvisionedThroughput").flatMap { units in
            guard let read = units.integer("ReadCapacityUnits"), let write = units.integer("WriteCapacityUnits")
            else { return nil }
            return Throughput(read: read, write: write)
        }
        limits = members.structure("OnDemandThroughput").flatMap { units in
            let limits = OnDemandLimits(
                read: units.integer("MaxReadRequestUnits"),
                write: units.integer("MaxWriteRequestUnits")
            )
            return limits == OnDemandLimits() ? nil : limits
        }
        warm = members.structure("WarmThroughput").flatMap { units in
            let warm = Warm(read: units.integer("ReadUnitsPerSecond"), write: units.integer("WriteUnitsPerSecond"))
            return warm.read == nil && warm.write == nil ? nil : warm
        }
    }

    /// Refuses provisioned capacity beyond all bounds.
    func checkBounds() throws(ErrorReply) {
        guard let throughput else { return }
        let units = [("ReadCapacityUnits", throughput.read), ("WriteCapacityUnits", throughput.write)]
        for (name, value) in units where value > Self.maximumUnits {
            throw .validation(
                "Given value \(value) for \(name) is out of bounds" + (index.map { " for index \($0)" } ?? "")
            )
        }
    }

    /// Refuses request units that CreateTable can't take.
    func checkNewLimits(_ billing: Billing) throws(ErrorReply) {
        guard let limits else { return }
        let name = limits.read == nil ? "MaxWriteRequestUnits" : "MaxReadRequestUnits"
        if case .provisioned = billing {
            throw .invalidParameters(
                "\(name) for OnDemandThroughput" + (index.map { " for index: \($0)" } ?? "")
                    + " cannot be specified when table BillingMode is PROVISIONED."
            )
        }
        try checkRange(limits, allowsClearing: false)
    }

    /// The request units after an UpdateTable: members that are absent stay, -1 takes a limit away.
    func limits(after old: OnDemandLimits?, _ billing: Billing) throws(ErrorReply) -> OnDemandLimits? {
        guard let limits else { return old }
        let name = limits.read == nil ? "MaxWriteRequestUnits" : "MaxReadRequestUnits"
        if case .provisioned = billing {
            throw .invalidParameters(
                "\(name) for OnDemandThroughput" + (index.map { " for index : \($0)" } ?? "")
                    + " cannot be specified when the table BillingMode is PROVISIONED"
            )
        }
        try checkRange(limits, allowsClearing: true)
        let merged = OnDemandLimits(
            read: (limits.read ?? old?.read).flatMap { $0 == -1 ? nil : $0 },
            write: (limits.write ?? old?.write).flatMap { $0 == -1 ? nil : $0 }
        )
        return merged == OnDemandLimits() ? nil : merged
    }

    private func checkRange(_ limits: OnDemandLimits, allowsClearing: Bool) throws(ErrorReply) {
        for (name, value) in [("MaxReadRequestUnits", limits.read), ("MaxWriteRequestUnits", limits.write)] {
            guard let value, value < 1, !(allowsClearing && value == -1) else { continue }
            throw .invalidParameters(
                "Requested \(name) for OnDemandThroughput for \(index.map { "index : \($0)" } ?? "table") "
                    + "is outside of valid range"
            )
        }
    }

    /// What a new table or index is ready for.
    func newWarmThroughput(_ billing: Billing, _ throughput: Throughput?) throws(ErrorReply) -> Throughput {
        let least: Throughput
        let reason: (String) -> String
        switch billing {
        case .payPerRequest:
            least = Self.initialOnDemand
            reason = { _ in "initial throughput for OnDemand. See: \(Self.initialLink)" }
        case .provisioned:
            least = throughput ?? Throughput(read: 1, write: 1)
            reason = { "\($0) of ProvisionedThroughput" }
        }
        return try raised(least, reason)
    }

    /// What a table or index is ready for after an UpdateTable.
    func warmThroughput(after old: Throughput) throws(ErrorReply) -> Throughput {
        try raised(old) { _ in "current WarmThroughput, decreasing WarmThroughput is not supported" }
    }

    private func raised(_ least: Throughput, _ reason: (String) -> String) throws(ErrorReply) -> Throughput {
        guard let warm else { return least }
        for (name, units, value, least) in [
            ("ReadUnitsPerSecond", "ReadCapacityUnits", warm.read, least.read),
            ("WriteUnitsPerSecond", "WriteCapacityUnits", warm.write, least.write),
        ] {
            guard let value, value < least else { continue }
            throw .invalidParameters(
                "Requested \(name) for WarmThroughput for \(index.map { "index \($0)" } ?? "table") "
                    + "is lower than \(reason(units))"
            )
        }
        return Throughput(read: warm.read ?? least.read, write: warm.write ?? least.write)
    }
}

extension Throughput {
    /// What a table is ready for when it gets this capacity, or none but on demand.
    func raised(to billing: Billing) -> Throughput {
        let other: Throughput
        switch billing {
        case .provisioned(let throughput): other = throughput
        case .payPerRequest: other = Throughput(read: 12_000, write: 4_000)
        }
        return Throughput(read: max(read, other.read), write: max(write, other.write))
    }
}
