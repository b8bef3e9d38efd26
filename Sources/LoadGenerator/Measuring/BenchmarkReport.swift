import JSON

/// What a run has shown.
public struct BenchmarkReport: Sendable {
    /// A tenant's part.
    public struct Tenant: Sendable {
        /// Its name.
        public let name: String
        /// How long it counted.
        public let seconds: Double
        /// Operations a second that were asked for; nil in closed loop, and for a trace's times.
        public let wantedRate: Double?
        /// It had a schedule to keep to.
        public let isOpenLoop: Bool
        /// What it did.
        public let tally: Tally

        /// Operations a second that succeeded.
        public var rate: Double { seconds > 0 ? Double(tally.succeeded) / seconds : 0 }
    }

    /// A point of the time series.
    public struct Point: Sendable {
        /// Seconds from the beginning of what counts; negative in the warm-up.
        public let begin: Double
        /// Seconds.
        public let length: Double
        /// In the order of the plan.
        public internal(set) var tenants: [IntervalTally]
        /// Its number; negative in the warm-up.
        let number: Int
    }

    /// In the order of the plan.
    public let tenants: [Tenant]
    /// The time series, warm-up included.
    public let points: [Point]
    /// Processor time of the threads that sent, from the first operation on.
    public let processorSeconds: Double
    /// Signatures made meanwhile.
    public let signatures: Int
    /// A trace was longer than what is kept of it.
    public let traceIsCut: Bool

    /// All tenants together.
    public var total: Tenant {
        var tally = Tally()
        for tenant in tenants { tally.merge(tenant.tally) }
        return Tenant(
            name: "total",
            seconds: tenants.map(\.seconds).max() ?? 0,
            wantedRate: nil,
            isOpenLoop: false,
            tally: tally
        )
    }

    /// No operation succeeded.
    public var isFailure: Bool { tenants.allSatisfy { $0.tally.succeeded == 0 } }

    // MARK: For people

    /// A table.
    public var table: String {
        var rows = [["", "ops/s", "ok", "failed", "throttled", "hits", "mean", "p50", "p90", "p99", "p99.9", "max"]]
        for tenant in tenants + (tenants.count > 1 ? [total] : []) {
            let tally = tenant.tally
            let cached = tally.hits + tally.misses
            rows.append(
                [
                    tenant.name, Decimals.text(tenant.rate, 1), "\(tally.succeeded)", "\(tally.failed)",
                    "\(tally.throttled.total)",
                    cached > 0 ? Decimals.text(100 * Double(tally.hits) / Double(cached), 2) + "%" : "-",
                ] + [String](repeating: "", count: 6)
            )
            for kind in OperationKind.allCases {
                let operation = tally.operations[kind.rawValue]
                if operation.latency.count > 0 || operation.failed > 0 {
                    let rate = tenant.seconds > 0 ? Double(operation.succeeded) / tenant.seconds : 0
                    rows.append(
                        [
                            "  \(kind.name)", Decimals.text(rate, 1), "\(operation.succeeded)", "\(operation.failed)",
                            "", "",
                        ]
                            + Self.latencies(operation.latency)
                    )
                }
                if operation.corrected.count > 0 {
                    rows.append(
                        ["  \(kind.name), corrected", "", "", "", "", ""] + Self.latencies(operation.corrected)
                    )
                }
            }
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for row in rows {
            var line = row[0] + String(repeating: " ", count: widths[0] - row[0].count)
            for column in 1..<row.count { line += "  " + Decimals.padded(row[column], widths[column]) }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        for tenant in tenants {
            let tally = tenant.tally
            for (name, count) in tally.errors.all + tally.throttled.all {
                text += "\(tenant.name): \(name) \(count)" + (tally.messages[name].map { ": \($0)" } ?? "") + "\n"
            }
            if tally.absent > 0 {
                text += "\(tenant.name): \(tally.absent) items that were read are not there; --load writes them\n"
            }
            if tally.retries > 0 { text += "\(tenant.name): \(tally.retries) requests were sent again\n" }
            if tally.incompleteBatches > 0 {
                text += "\(tenant.name): \(tally.incompleteBatches) batches were incomplete\n"
            }
            if let line = Self.unanswered(tenant) { text += "\(tenant.name): \(line)\n" }
        }
        if traceIsCut { text += "the trace was cut after \(TraceKeys.most) requests\n" }
        let done = total.tally.succeeded + total.tally.failed
        if done > 0 {
            let each = Decimals.text(processorSeconds / Double(done) * 1e6, 2)
            text += "client: \(Decimals.text(processorSeconds, 2)) s of processor time, \(each) us an operation, "
            text += "\(signatures) signatures during the run\n"
        }
        return text
    }

    /// What was due or asked for and came too late or not at all; nil when that is no more than at any run's end.
    private static func unanswered(_ tenant: Tenant) -> String? {
        let tally = tenant.tally
        guard tenant.isOpenLoop else {
            guard tally.unfinished > 0, tally.oldest >= 1_000_000_000 || tally.succeeded == 0 else { return nil }
            let age = Decimals.latency(tally.oldest)
            return "\(tally.unfinished) operations were not answered at the end, the oldest of them for \(age)"
        }
        let missing = tally.late + tally.unfinished
        let all = tally.succeeded + tally.failed + missing
        // Some are in flight when a run is ended early.
        guard missing * 100 > all || tally.oldest >= 1_000_000_000 else { return nil }
        let rate = tenant.wantedRate.map { "the rate of \(Decimals.text($0, 1))/s" } ?? "the trace's time"
        return "\(rate) was not kept: \(tally.late) operations were answered after the end, "
            + "\(tally.unfinished) not at all"
    }

    private static func latencies(_ histogram: LatencyHistogram) -> [String] {
        let values = [0.5, 0.9, 0.99, 0.999].map(histogram.quantile) + [histogram.maximum]
        guard histogram.count > 0 else { return [String](repeating: "-", count: 6) }
        return [Decimals.latency(UInt64(histogram.mean))] + values.map(Decimals.latency)
    }

    // MARK: For programs

    /// One JSON object; docs/bench.md explains it.
    public var json: String {
        JSONValue.object([
            ("total", Self.json(total)), ("tenants", .list(tenants.map(Self.json))),
            ("series", .list(points.map(json))),
            (
                "client",
                .object([("processor_seconds", .number(processorSeconds)), ("signatures", .integer(signatures))])
            ),
        ]).text + "\n"
    }

    private static func json(_ tenant: Tenant) -> JSONValue {
        let tally = tenant.tally
        var members: [(name: String, value: JSONValue)] = [("name", .string(tenant.name))]
        if let rate = tenant.wantedRate { members.append(("rate", .number(rate))) }
        members += [
            ("seconds", .number(tenant.seconds)),
            ("operations", .integer(tally.succeeded)), ("operations_per_second", .number(tenant.rate)),
            ("failed", .integer(tally.failed)), ("hits", .integer(tally.hits)), ("misses", .integer(tally.misses)),
            ("cache", counts(tally.cache)), ("errors", counts(tally.errors)), ("throttled", counts(tally.throttled)),
            ("messages", .object(tally.messages.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            ("absent", .integer(tally.absent)),
            ("retries", .integer(tally.retries)), ("incomplete_batches", .integer(tally.incompleteBatches)),
            ("reconnects", .integer(tally.reconnects)), ("late", .integer(tally.late)),
            ("unfinished", .integer(tally.unfinished)),
            ("bytes_sent", .integer(tally.bytesSent)), ("bytes_received", .integer(tally.bytesReceived)),
            (
                "kinds",
                .object(
                    OperationKind.allCases.compactMap { kind in
                        let operation = tally.operations[kind.rawValue]
                        guard operation.latency.count > 0 || operation.failed > 0 else { return nil }
                        return (kind.name, json(operation))
                    }
                )
            ),
        ]
        return .object(members)
    }

    private static func json(_ operation: OperationTally) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("operations", .integer(operation.succeeded)), ("failed", .integer(operation.failed)),
            ("latency_us", json(operation.latency)),
        ]
        if operation.corrected.count > 0 { members.append(("corrected_latency_us", json(operation.corrected))) }
        return .object(members)
    }

    private static func json(_ histogram: LatencyHistogram) -> JSONValue {
        .object(
            [("count", .integer(Int(histogram.count))), ("mean", .number(histogram.mean / 1e3))]
                + [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)].map { name, part in
                    (name, .number(Double(histogram.quantile(part)) / 1e3))
                } + [
                    ("min", .number(Double(histogram.minimum) / 1e3)),
                    ("max", .number(Double(histogram.maximum) / 1e3)),
                ]
        )
    }

    private func json(_ point: Point) -> JSONValue {
        let names = tenants.map(\.name)
        return .object([
            ("begin", .number(point.begin)), ("seconds", .number(point.length)), ("warmup", .flag(point.begin < 0)),
            (
                "tenants",
                .object(
                    zip(names, point.tenants).map { name, tally in
                        (
                            name,
                            .object([
                                ("operations_per_second", .number(Double(tally.succeeded) / point.length)),
                                ("operations", .integer(tally.succeeded)), ("failed", .integer(tally.failed)),
                                ("throttled", .integer(tally.throttled)), ("hits", .integer(tally.hits)),
                                ("replies_not_from_cache", .integer(tally.others)),
                                ("p50_us", .number(Double(tally.median) / 1e3)),
                                ("p99_us", .number(Double(tally.p99) / 1e3)),
                            ])
                        )
                    }
                )
            ),
        ])
    }

    private static func counts(_ counts: NamedCounts) -> JSONValue {
        .object(counts.all.map { ($0.name, .integer($0.count)) })
    }

    /// All kinds' latencies of all tenants, in HdrHistogram's text form, a part for each.
    public var histograms: String {
        var text = ""
        for tenant in tenants {
            for kind in OperationKind.allCases {
                let operation = tenant.tally.operations[kind.rawValue]
                let both = [("", operation.latency), (", corrected", operation.corrected)]
                for (suffix, histogram) in both where histogram.count > 0 {
                    text += "#[\(tenant.name): \(kind.name)\(suffix), microseconds]\n" + histogram.percentileText()
                }
            }
        }
        return text
    }
}
