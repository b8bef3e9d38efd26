import ArgumentParser
import Foundation
import LoadGenerator

/// Who sends what: one tenant by options, or several.
struct BenchTenantOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The region that requests are signed for.", valueName: "name"))
    var region: String?

    @Option(name: .long, help: ArgumentHelp("The access key.", valueName: "id"))
    var accessKeyId: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Its secret; others can see it in the list of processes.", valueName: "key")
    )
    var secretAccessKey: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The profile of ~/.aws/credentials to take the credentials from.", valueName: "name")
    )
    var profile: String?

    @Option(name: .long, help: ArgumentHelp("The table.", valueName: "name"))
    var table: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            read, write, ycsb-a to ycsb-f, or parts: get=0.9,put=0.1,batch-get=0.2:25,query=0.1:100 (insert, update, \
            delete, read-modify-write). (default: read)
            """,
            valueName: "mix"
        )
    )
    var mix: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            zipf[:0.99], scrambled[:0.99], uniform, scan, latest[:0.99], hotspot[:0.2:0.8], trace:FILE. (default: \
            zipf; of the YCSB mixes theirs)
            """,
            valueName: "which"
        )
    )
    var distribution: String?

    @Option(name: .long, help: ArgumentHelp("Keys of the table. (default: 10000)", valueName: "n"))
    var keys: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Bytes of an item: 1000, uniform:100-2000, lognormal:500:8000 (median, p99). (default: 1000)",
            valueName: "size"
        )
    )
    var size: String?

    @Option(name: .long, help: ArgumentHelp("Open loop: operations a second. (default: closed loop)", valueName: "n"))
    var rate: String?

    @Option(name: .long, help: ArgumentHelp("Open loop: poisson or uniform. (default: poisson)", valueName: "which"))
    var arrivals: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Open loop: send a trace once, at its own times, so many times as fast. (default: in its order only)",
            valueName: "factor"
        )
    )
    var traceTiming: String?

    @Option(name: .long, help: ArgumentHelp("Connections of each tenant. (default: 16)", valueName: "n"))
    var connections: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Closed loop: pause between a reply and the next request.", valueName: "duration")
    )
    var think: String?

    @Option(name: .long, help: ArgumentHelp("Part of GetItem that is strongly consistent, 0 to 1.", valueName: "part"))
    var consistent: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Closed loop: also tell latencies corrected for coordinated omission, for a request so often on each connection.",
            valueName: "duration"
        )
    )
    var expectedInterval: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            A tenant, as name=a,key=AKID,secret=...,table=t,mix=get=0.9+put=0.1,distribution=zipf:0.8,keys=1000,rate=50,...; \
            may be repeated. Members: \(BenchTenant.memberNames).
            """,
            valueName: "members"
        )
    )
    var tenant: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A JSON file: {\"tenants\": [{\"name\": ..., ...}]}, with the members of --tenant.",
            valueName: "file"
        ),
        completion: .file()
    )
    var plan: String?

    /// What the tenants are to do at an endpoint.
    func plans(_ endpoint: HTTPEndpoint) throws -> [TenantPlan] {
        let common = BenchTenant([
            "region": region, "key": accessKeyId, "secret": secretAccessKey, "profile": profile, "table": table,
            "mix": mix, "trace_timing": traceTiming,
            "distribution": distribution, "keys": keys, "size": size, "rate": rate, "arrivals": arrivals,
            "connections": connections, "think": think, "consistent": consistent, "expected_interval": expectedInterval,
        ])
        var tenants = try tenant.map { try BenchTenant(text: $0) }
        if let plan { tenants += try BenchTenant.reading(plan) }
        if tenants.isEmpty { tenants = [BenchTenant(["name": "default"])] }
        return try tenants.enumerated().map { number, tenant in
            try tenant.plan(endpoint, defaults: common, number: number + 1)
        }
    }
}

/// What is done to tables before the run.
struct BenchSetupOptions: ParsableArguments {
    @Flag(name: .long, help: "Create tables that are missing.")
    var create = false

    @Option(
        name: .long,
        help: ArgumentHelp("With --create: provisioned capacity, RCU:WCU. (default: on demand)", valueName: "units")
    )
    var provisioned: String?

    @Flag(name: .long, help: "Write the items of all keys first.")
    var load = false

    @Option(
        name: .long,
        help: ArgumentHelp("Write the items of so many keys first, from the first on.", valueName: "n")
    )
    var loadItems: Int?

    func validate() throws {
        if provisioned != nil, units == nil { throw ValidationError("--provisioned wants RCU:WCU, such as 100:50") }
        if provisioned != nil, !create { throw ValidationError("--provisioned goes with --create") }
        if let loadItems, loadItems < 0 { throw ValidationError("--load-items is negative") }
    }

    private var units: (Int, Int)? {
        let parts = (provisioned ?? "").split(separator: ":").map { Int($0) }
        guard parts.count == 2, let reads = parts[0], let writes = parts[1], reads > 0, writes > 0 else { return nil }
        return (reads, writes)
    }

    var setup: TableSetup {
        var setup = TableSetup()
        setup.creates = create
        setup.provisioned = units
        setup.items = loadItems ?? (load ? nil : 0)
        return setup
    }
}

/// A tenant as text: members with their values.
struct BenchTenant {
    private static let known = [
        "name", "key", "secret", "secret_env", "token_env", "profile", "region", "table", "mix", "distribution",
        "trace_timing", "keys", "size", "rate", "arrivals", "connections", "think", "consistent", "expected_interval",
    ]
    static let memberNames = known.joined(separator: ", ")

    private var members: [String: String]

    init(_ members: [String: String?]) {
        self.members = members.compactMapValues { $0 }
    }

    /// Parses `name=a,key=b,...`.
    init(text: String) throws {
        members = [:]
        for field in text.split(separator: ",") {
            guard let place = field.firstIndex(of: "=") else {
                throw PlanError("--tenant: '\(field)' is no member=value")
            }
            try set(String(field[..<place]), String(field[field.index(after: place)...]), in: "--tenant")
        }
    }

    /// The tenants of a plan file.
    static func reading(_ path: String) throws -> [BenchTenant] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw PlanError("--plan: the file '\(path)' can't be read")
        }
        guard let plan = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let tenants = plan["tenants"] as? [[String: Any]], plan.count == 1
        else { throw PlanError("--plan: '\(path)' is not {\"tenants\": [{...}, ...]}") }
        return try tenants.map { object in
            var tenant = BenchTenant([:])
            for (name, value) in object {
                switch value {
                case let text as String: try tenant.set(name, text, in: "--plan")
                case let number as NSNumber: try tenant.set(name, "\(number)", in: "--plan")
                default: throw PlanError("--plan: '\(name)' is neither text nor number")
                }
            }
            return tenant
        }
    }

    private mutating func set(_ name: String, _ value: String, in place: String) throws {
        guard Self.known.contains(name) else {
            throw PlanError("\(place): unknown member '\(name)'; known are \(Self.memberNames)")
        }
        guard members.updateValue(value, forKey: name) == nil else {
            throw PlanError("\(place): '\(name)' comes twice")
        }
    }

    /// The plan of the members, with those of `defaults` where they say nothing.
    func plan(_ endpoint: HTTPEndpoint, defaults: BenchTenant, number: Int) throws -> TenantPlan {
        var members = self.members.merging(defaults.members) { own, _ in own }
        // Its own credentials of one kind leave those of the other kind, common to all, unsaid.
        if self.members["key"] != nil, self.members["profile"] == nil { members["profile"] = nil }
        if self.members["profile"] != nil, self.members["key"] == nil { members["key"] = nil }
        let name = members["name"] ?? "tenant-\(number)"
        func mistake(_ member: String, _ wanted: String) -> PlanError {
            PlanError("tenant \(name): \(member) '\(members[member] ?? "")' is \(wanted)")
        }
        func whole(_ member: String) throws -> Int? {
            guard let text = members[member] else { return nil }
            guard let value = Int(text), value > 0 else { throw mistake(member, "no whole number above 0") }
            return value
        }
        func decimal(_ member: String) throws -> Double? {
            guard let text = members[member] else { return nil }
            guard let value = Double(text), value.isFinite else { throw mistake(member, "no number") }
            return value
        }
        func duration(_ member: String) throws -> UInt64? {
            guard let text = members[member] else { return nil }
            guard let value = BenchDuration(argument: text) else { throw mistake(member, "no duration such as 10ms") }
            return value.nanoseconds
        }
        guard let table = members["table"], !table.isEmpty else { throw PlanError("tenant \(name): no table") }
        var plan = TenantPlan(
            name: name,
            credentials: try credentials(name, members),
            table: table,
            mix: try OperationMix(members["mix"] ?? "read"),
            distribution: try members["distribution"].map { text throws(PlanError) in try KeyDistribution(text) }
        )
        let environment = ProcessInfo.processInfo.environment
        // A signature for another region than the one that the endpoint's name says would not do.
        plan.region =
            members["region"] ?? endpoint.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
            ?? plan.region
        plan.keys = try whole("keys") ?? plan.keys
        if let size = members["size"] { plan.sizes = try ItemSizes(size) }
        plan.rate = try decimal("rate")
        if let arrivals = members["arrivals"] {
            guard let known = Arrivals(rawValue: arrivals) else {
                throw mistake("arrivals", "neither poisson nor uniform")
            }
            plan.arrivals = known
        }
        plan.traceSpeed = try decimal("trace_timing")
        plan.connections = try whole("connections") ?? plan.connections
        plan.thinkTime = try duration("think") ?? 0
        plan.consistent = try decimal("consistent") ?? 0
        plan.expectedInterval = try duration("expected_interval")
        if plan.rate != nil || plan.traceSpeed != nil, plan.thinkTime > 0 || plan.expectedInterval != nil {
            throw PlanError(
                "tenant \(name): think and expected_interval are for the closed loop, without rate and timing"
            )
        }
        return plan
    }

    private func credentials(_ name: String, _ members: [String: String]) throws -> BenchmarkCredentials {
        let environment = ProcessInfo.processInfo.environment
        func variable(_ member: String) throws -> String? {
            guard let variable = members[member] else { return nil }
            guard let value = environment[variable], !value.isEmpty else {
                throw PlanError("tenant \(name): the environment has no \(variable)")
            }
            return value
        }
        let isOwn = members["key"] != nil
        if let profile = members["profile"] {
            guard !isOwn else { throw PlanError("tenant \(name): an access key or a profile, not both") }
            return try BenchmarkCredentials(profile: profile)
        }
        guard let key = members["key"] ?? environment["AWS_ACCESS_KEY_ID"], !key.isEmpty else {
            do {
                return try BenchmarkCredentials(profile: String?.none)
            } catch {
                throw PlanError(
                    "tenant \(name): no credentials: no --access-key-id, no AWS_ACCESS_KEY_ID, and \(error) "
                        + "(a server that checks none takes any: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test)"
                )
            }
        }
        let secret = try variable("secret_env") ?? members["secret"] ?? environment["AWS_SECRET_ACCESS_KEY"]
        guard let secret, !secret.isEmpty else {
            throw PlanError("tenant \(name): no secret: give secret_env=, secret=, or AWS_SECRET_ACCESS_KEY")
        }
        let token = try variable("token_env") ?? (isOwn ? nil : environment["AWS_SESSION_TOKEN"])
        // A variable set to nothing is as good as none.
        return BenchmarkCredentials(accessKeyID: key, secret: secret, sessionToken: token == "" ? nil : token)
    }
}
