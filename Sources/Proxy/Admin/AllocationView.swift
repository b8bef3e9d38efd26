import Alloc
import Cache
import JSON

/// What the controller knows and has decided, as the admin API tells it.
enum AllocationView {
    /// Points of a curve that are told.
    private static let points = 16
    /// Parts of rounds, and transfers of one, that are told at once.
    private static let mostParts = 20_000
    private static let mostTransfers = 200

    /// What is in force.
    static func now(_ desk: ControlDesk) -> JSONValue {
        let controller = desk.controller
        let settings = controller.settings
        var members: [(name: String, value: JSONValue)] = [
            ("mode", .string(settings.mode.rawValue)),
            ("policy", .string(settings.policy.rawValue)),
            ("interval", seconds(settings.interval)),
            ("round", .integer(controller.rounds)),
            ("moving", .flag(controller.isMoving)),
            ("resources", resources(desk.configuration)),
        ]
        let last = controller.history.reports.last
        if let last { members.append(("last_round", head(last))) }
        let predicted = Dictionary(last?.parts.map { ($0.name, $0) } ?? []) { first, _ in first }
        members.append(
            ("tenants", .list(controller.members.map { tenant($0, predicted[$0.terms.name]) }))
        )
        return .object(members)
    }

    /// The last rounds, the newest first.
    static func rounds(_ desk: ControlDesk, last: Int) -> JSONValue {
        let reports = desk.controller.history.reports
        let width = max(1, reports.last?.parts.count ?? 1)
        let count = min(last, reports.count, max(1, mostParts / width))
        return .object([
            ("kept", .integer(reports.count)),
            ("rounds", .list(reports.suffix(count).reversed().map(round))),
        ])
    }

    // MARK: Parts

    private static func tenant(_ member: Controller.Member, _ part: RoundReport.Part?) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("name", .string(member.terms.name)),
            ("standing", .string(member.standing.rawValue)),
            ("base", vector(member.terms.base)),
            ("current", vector(member.current)),
            ("target", vector(member.target)),
            ("warm", .flag(member.warmBy == nil)),
            ("margin", .figure(member.margin)),
        ]
        if let traffic = member.model?.traffic { members.append(("demand", demand(traffic))) }
        if let model = member.model, let curve = member.curve {
            members.append(("curve", summary(curve, model, member)))
        }
        if let effect = member.effect { members.append(("measured", measured(effect))) }
        members.append(("predicted_ratio", .figure(part?.predictedRatio)))
        return .object(members)
    }

    private static func round(_ report: RoundReport) -> JSONValue {
        guard case .object(var members) = head(report) else { return .null }
        members.append(("transfers", .list(report.transfers.prefix(mostTransfers).map(transfer))))
        if report.transfers.count > mostTransfers {
            members.append(("transfers_left_out", .integer(report.transfers.count - mostTransfers)))
        }
        members.append(("tenants", .list(report.parts.map(part))))
        return .object(members)
    }

    private static func head(_ report: RoundReport) -> JSONValue {
        .object([
            ("round", .integer(report.number)),
            ("time", .integer(Int(report.time))),
            ("trigger", .string(report.trigger.rawValue)),
            ("policy", .string(report.policy)),
            ("applied", .flag(report.isApplied)),
            ("reason", .string(report.reason)),
            ("least_ratio_before", .figure(report.ratioBefore)),
            ("least_ratio_predicted", .figure(report.predictedRatio)),
        ])
    }

    private static func part(_ part: RoundReport.Part) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("name", .string(part.name)),
            ("standing", .string(part.standing.rawValue)),
            ("base", vector(part.base)),
            ("before", vector(part.before)),
            ("proposed", vector(part.proposed)),
            ("target", vector(part.target)),
            ("margin", .figure(part.margin)),
        ]
        if let traffic = part.traffic { members.append(("demand", demand(traffic))) }
        members.append(
            (
                "miss_ratio",
                .object([
                    ("before", .figure(part.missesBefore)), ("proposed", .figure(part.missesProposed)),
                    ("measured", .figure(part.missesMeasured)),
                ])
            )
        )
        members.append(("ratio_before", .figure(part.ratioBefore)))
        members.append(("predicted_ratio", .figure(part.predictedRatio)))
        if let effect = part.effect { members.append(("effect", measured(effect))) }
        return .object(members)
    }

    private static func transfer(_ transfer: Transfer) -> JSONValue {
        .object([
            ("from", .string(transfer.from)), ("to", .string(transfer.to)),
            ("resource", .string(transfer.resource.rawValue)), ("amount", .figure(transfer.amount)),
        ])
    }

    private static func measured(_ effect: RoundReport.Effect) -> JSONValue {
        .object([
            ("throughput", .figure(effect.throughput)), ("ratio", .figure(effect.ratio)),
            ("miss_ratio", .figure(effect.misses)), ("limited", .flag(effect.isLimited)),
        ])
    }

    private static func demand(_ traffic: Traffic) -> JSONValue {
        .object([
            ("throughput", .figure(traffic.throughput)),
            ("rcu", .figure(traffic.demand.readUnits)),
            ("wcu", .figure(traffic.demand.writeUnits)),
            ("egress", .figure(traffic.demand.egressBytes)),
            ("uncacheable", .figure(traffic.uncacheable)),
            ("hit_saving", .figure(traffic.hitSaving)),
        ])
    }

    /// A curve at some sizes: RCU missed of all that were asked for, as the model has it.
    private static func summary(
        _ curve: Cache.MissRatioCurve,
        _ model: TenantModel,
        _ member: Controller.Member
    ) -> JSONValue {
        let known = model.plain.curve
        let stride = max(1, (known.sizes.count + points - 1) / points)
        let shown = known.sizes.indices.filter { $0 % stride == 0 || $0 == known.sizes.count - 1 }
        return .object([
            ("sizes", .list(shown.map { .integer(known.sizes[$0]) })),
            ("miss_ratios", .list(shown.map { .figure(known.missRatios[$0]) })),
            ("at_base", .figure(known.missRatio(at: member.terms.base.cacheBytes))),
            ("at_current", .figure(known.missRatio(at: member.current.cacheBytes))),
            ("error", .figure(curve.sizes.isEmpty ? nil : curve.error(at: member.current.cacheBytes))),
            ("footprint", .integer(curve.footprint)),
        ])
    }

    /// Null is not limited.
    private static func vector(_ vector: ResourceVector) -> JSONValue {
        .object([
            ("cache", .integer(vector.cacheBytes)), ("rcu", .figure(vector.readUnits)),
            ("wcu", .figure(vector.writeUnits)), ("egress", .figure(vector.egressBytes)),
        ])
    }

    private static func resources(_ configuration: Configuration) -> JSONValue {
        .object([
            ("cache", .integer(configuration.cacheTotal)),
            ("rcu", .figure(configuration.resources?.readUnits)),
            ("wcu", .figure(configuration.resources?.writeUnits)),
            ("egress", .figure(configuration.resources?.egressBytes)),
        ])
    }

    private static func seconds(_ nanoseconds: UInt64) -> JSONValue { .figure(Double(nanoseconds) / 1e9) }
}
