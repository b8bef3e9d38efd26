import DynamoDB
public import TableStore

/// How the embedded store behaves, as people write it: the `service` of an upstream, and the file of `leveret local`.
public enum ServiceFile {
    /// Reads a YAML file; an empty one asks for nothing special.
    public static func load(
        _ path: String,
        environment: @escaping (String) -> String? = Configuration.environmentVariable
    ) throws(ConfigurationError) -> ServiceModel {
        let reading = Reading(file: path, environment: environment)
        return try model(reading.contents(), reading)
    }

    /// Reads YAML or JSON; `name` stands for the file in mistakes.
    ///
    /// Environment variables are not looked up.
    public static func parse(_ text: String, name: String) throws(ConfigurationError) -> ServiceModel {
        try model(text, Reading(file: name) { _ in nil })
    }

    private static func model(_ text: String?, _ reading: Reading) throws(ConfigurationError) -> ServiceModel {
        var model = ServiceModel()
        try reading.run(text) { value in
            if let read = value?.service() { model = read }
        }
        return model
    }

    /// The same as YAML, with every key that is not at its default.
    public static func text(_ model: ServiceModel) -> String {
        var lines = ["enforce_throughput: \(model.enforcesThroughput)"]
        if model.readLatency != .none { lines.append("read_latency: \(text(model.readLatency))") }
        if model.writeLatency != .none { lines.append("write_latency: \(text(model.writeLatency))") }
        if let seed = model.seed { lines.append("seed: \(seed)") }
        if !model.faults.isEmpty { lines.append("faults:") }
        for fault in model.faults { lines.append("  - {\(members(of: fault).joined(separator: ", "))}") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ latency: Latency) -> String {
        switch latency {
        case .fixed(let time): Units.text(duration: time)
        case .uniform(let minimum, let maximum):
            "{minimum: \(Units.text(duration: minimum)), maximum: \(Units.text(duration: maximum))}"
        case .lognormal(let median, let p99):
            "{median: \(Units.text(duration: median)), p99: \(Units.text(duration: p99))}"
        }
    }

    private static func members(of fault: Fault) -> [String] {
        var members = ["kind: \(FaultKind(fault.kind).rawValue)"]
        switch fault.kind {
        case .error(let name): members.append("error: \(name.rawValue)")
        case .lateWrite(let delay): members.append("delay: \(Units.text(duration: delay))")
        case .errorAfter, .timeout, .dropBefore, .dropAfter: break
        }
        members.append("probability: \(fault.probability)")
        switch fault.scope {
        case .all: break
        case .reads: members.append("operations: reads")
        case .writes: members.append("operations: writes")
        case .named(let operations):
            members.append("operations: [\(operations.map(\.name).sorted().joined(separator: ", "))]")
        }
        if !fault.tables.isEmpty { members.append("tables: [\(fault.tables.sorted().joined(separator: ", "))]") }
        return members
    }
}

/// The kinds of faults by the names that people write.
private enum FaultKind: String, CaseIterable {
    case error
    case errorAfter = "error-after"
    case timeout
    case lateWrite = "late-write"
    case drop
    case dropAfter = "drop-after"

    init(_ kind: Fault.Kind) {
        self =
            switch kind {
            case .error: .error
            case .errorAfter: .errorAfter
            case .timeout: .timeout
            case .lateWrite: .lateWrite
            case .dropBefore: .drop
            case .dropAfter: .dropAfter
            }
    }
}

extension YAMLValue {
    /// How the embedded store behaves.
    func service() -> ServiceModel? {
        guard let section = section(ConfigurationKeys.service) else { return nil }
        var model = ServiceModel()
        section.set(&model.enforcesThroughput, "enforce_throughput") { $0.flag() }
        section.set(&model.readLatency, "read_latency") { $0.latency() }
        section.set(&model.writeLatency, "write_latency") { $0.latency() }
        section.set(&model.seed, "seed") { $0.integer(in: 0...Int.max).map(UInt64.init) }
        section.set(&model.faults, "faults") { value in
            value.list("write a list with an entry for each fault").compactMap { $0.fault() }
        }
        for problem in model.problems { mistake(problem, "correct the service's latencies and faults") }
        return model
    }

    /// A duration, or the two figures of a distribution.
    private func latency() -> Latency? {
        let bounds = ServiceModel.delayBounds
        if isScalar { return duration(in: bounds).map(Latency.fixed) }
        guard let section = section(ConfigurationKeys.latency) else { return nil }
        let times = ConfigurationKeys.latency.map { section[$0]?.duration(in: bounds) }
        switch (times[0], times[1], times[2], times[3]) {
        case (let minimum?, let maximum?, nil, nil): return .uniform(minimum: minimum, maximum: maximum)
        case (nil, nil, let median?, let p99?): return .lognormal(median: median, p99: p99)
        default:
            mistake("these make no latency", "write a duration, minimum and maximum, or median and p99")
            return nil
        }
    }

    private func fault() -> Fault? {
        guard let section = section(ConfigurationKeys.fault),
            let name = section.required("kind", "write what goes wrong")?.choice(FaultKind.allCases.map(\.rawValue)),
            let kind = FaultKind(rawValue: name).flatMap({ section.kind($0) }),
            let probability = section.required("probability", "write a number from 0 to 1")?.probability()
        else { return nil }
        var fault = Fault(kind, probability: probability)
        section.set(&fault.scope, "operations") { $0.scope() }
        section.set(&fault.tables, "tables") { value in
            Set(value.list("write a list of tables' names").compactMap { $0.token("a table's name") })
        }
        return fault
    }

    private func probability() -> Double? {
        guard let text = text("a number from 0 to 1") else { return nil }
        guard let number = Double(text.value), ServiceModel.probabilityBounds.contains(number) else {
            mistake("\(text.shown) is not a probability", "write a number from 0 to 1")
            return nil
        }
        return number
    }

    private func scope() -> Fault.Scope? {
        if isScalar {
            switch choice(["all", "reads", "writes"]) {
            case "all": return .all
            case "reads": return .reads
            case "writes": return .writes
            default: return nil
            }
        }
        let names = list("write all, reads, writes, or a list of operations").compactMap { $0.operation() }
        return .named(Set(names.compactMap(Operation.init(rawValue:))))
    }
}

extension YAMLSection {
    /// The fault with what belongs to its kind.
    fileprivate func kind(_ kind: FaultKind) -> Fault.Kind? {
        if kind != .error { self["error"]?.mistake("error goes with kind: error", "leave it out") }
        if kind != .lateWrite { self["delay"]?.mistake("delay goes with kind: late-write", "leave it out") }
        switch kind {
        case .error:
            let names = Fault.ErrorName.allCases.map(\.rawValue)
            let name = required("error", "write one of \(names.joined(separator: ", "))")?.choice(names)
            return name.flatMap(Fault.ErrorName.init(rawValue:)).map(Fault.Kind.error)
        case .lateWrite:
            let delay = required("delay", "write how much later the write is done")
            return delay?.duration(in: ServiceModel.delayBounds).map { .lateWrite(after: $0) }
        case .errorAfter: return .errorAfter
        case .timeout: return .timeout
        case .drop: return .dropBefore
        case .dropAfter: return .dropAfter
        }
    }
}
