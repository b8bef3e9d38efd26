import Foundation
import Synchronization
import Testing

@testable import LoadGenerator

/// Whole runs against a server in this process.
@Suite(.serialized) struct BenchmarkTests {
    private func tenant(
        _ mix: String = "read",
        name: String = "a",
        distribution: String? = nil,
        token: String? = nil
    ) throws -> TenantPlan {
        var plan = TenantPlan(
            name: name,
            credentials: BenchmarkCredentials(
                accessKeyID: "AKIDTEST",
                secret: FakeServer.secret,
                sessionToken: token
            ),
            table: "items",
            mix: try OperationMix(mix),
            distribution: try distribution.map { try KeyDistribution($0) }
        )
        plan.keys = 200
        plan.connections = 4
        return plan
    }

    private func plan(_ server: FakeServer, _ tenants: TenantPlan...) throws -> BenchmarkPlan {
        var plan = BenchmarkPlan(endpoint: try HTTPEndpoint("http://127.0.0.1:\(server.port)"), tenants: tenants)
        plan.duration = 20_000_000_000
        return plan
    }

    @Test func everySignatureIsGoodAlsoWhenUsedAgain() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let mix = "get=1,put=1,insert=0.3,update=1,delete=1,batch-get=1:7,query=1:9,read-modify-write=1"
        for token in [nil, "a/session+token="] {
            for signing in Signing.allCases {
                var plan = try plan(server, try tenant(mix, token: token))
                plan.tenants[0].consistent = 0.5
                plan.operations = 400
                plan.threads = 2
                plan.signing = signing
                let report = try Benchmark(plan).run { _ in }
                #expect(report.tenants[0].tally.succeeded == 400)
                #expect(report.tenants[0].tally.failed == 0)
            }
        }
        #expect(server.refused == [])
        let targets = Set(server.requests.map { $0.target.split(separator: ".").last ?? "" })
        #expect(targets == ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "Query"])
        for (target, body) in server.requests.prefix(500) {
            #expect((try? JSONSerialization.jsonObject(with: Data(body.utf8))) != nil, "\(target): \(body)")
        }
    }

    @Test func preparedRequestsAreNotSignedAgain() throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant(distribution: "uniform"))
        plan.operations = 2_000
        let report = try Benchmark(plan).run { _ in }
        #expect(report.signatures == 0)
        #expect(Set(server.requests.map(\.body)).count > 190)
        #expect(report.total.tally.hits == 2_000)
    }

    @Test func signaturesAreMadeAnewBeforeTheyExpire() throws {
        let plan = BenchmarkPlan(endpoint: try HTTPEndpoint("http://127.0.0.1:1"), tenants: [try tenant("get=1,put=1")])
        let begin: Int64 = 1_700_000_000
        let maker = RequestMaker(plan.tenants[0], endpoint: plan.endpoint, trace: nil, settings: plan, now: begin)
        for key in 0..<200 { maker.prepare(.get, number: key, now: begin) }
        var output: [UInt8] = []
        var made: [Int: Int64] = [:]
        // Twenty minutes; each key is asked for every ten seconds.
        for second in stride(from: Int64(0), through: 1_200, by: 10) {
            for key in 0..<200 {
                let before = maker.signatures
                maker.write(.get, number: key, into: &output, now: begin + second)
                let isNew = maker.signatures > before
                if isNew { made[key] = second }
                let age = second - made[key, default: 0]
                #expect(age < 250 && (!isNew || second >= 180))
                let date = String(decoding: output, as: UTF8.self).firstMatch(of: /X-Amz-Date: (\w+)/)?.output.1
                let time = Date(timeIntervalSince1970: Double(begin + second - age)).ISO8601Format()
                #expect(date.map(String.init) == time.filter { !"-:".contains($0) })
            }
        }
        #expect(made.count == 200 && Set(made.values).count > 3)
    }

    @Test func batchesHaveDistinctKeys() throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant("batch-get=1:20", distribution: "zipf:1.3"))
        plan.operations = 50
        _ = try Benchmark(plan).run { _ in }
        for (_, body) in server.requests {
            let keys = body.matches(of: /"k\d{12}"/).map(\.output)
            #expect(keys.count == Set(keys).count && keys.count >= 10)
        }
    }

    @Test(arguments: [("batch-get=1:20", "uniform"), ("query=1:10", "uniform"), ("batch-get=1:2", "scan")])
    func fewContentsAreNotRepeated(mix: String, distribution: String) throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant(mix, distribution: distribution))
        // Of the contents that are drawn ahead a cache would know all when they come again.
        plan.tenants[0].keys = 1_000_000
        plan.operations = RequestMaker.contents + 2_000
        plan.tenants[0].connections = 1
        _ = try Benchmark(plan).run { _ in }
        let bodies = server.requests.map(\.body)
        #expect(bodies.count == RequestMaker.contents + 2_000)
        // Two queries may be drawn alike.
        #expect(Set(bodies).count > bodies.count - 20)
    }

    @Test func loadingWritesEveryItemOnce() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let benchmark = try Benchmark(try plan(server, try tenant("ycsb-e")))
        var setup = TableSetup()
        setup.creates = true
        setup.items = nil
        setup.provisioned = (10, 5)
        var told = 0
        try benchmark.setUp(setup) { event in
            if case .loading(_, let done, let total) = event {
                told = done
                #expect(total == 200)
            }
        }
        #expect(told == 200)
        let requests = server.requests
        #expect(requests[0].target.hasSuffix("CreateTable") && requests[0].body.contains(#""ReadCapacityUnits":10"#))
        #expect(requests[1].target.hasSuffix("DescribeTable"))
        let keys = requests.dropFirst(2).flatMap { $0.body.matches(of: /"k\d{12}"/).map { String($0.output) } }
        #expect(keys.count == 200 && Set(keys).count == 200)
    }

    @Test func throttlingIsCountedApartOrTriedAgain() throws {
        let server = try FakeServer(Behaviour(throttleEach: 4))
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.operations = 400
        var tally = try Benchmark(plan).run { _ in }.tenants[0].tally
        #expect(tally.throttled["ProvisionedThroughputExceededException"] == 100)
        #expect(tally.succeeded == 300 && tally.failed == 100 && tally.errors.total == 0 && tally.retries == 0)
        plan.operations = 40
        plan.retries = 10
        tally = try Benchmark(plan).run { _ in }.tenants[0].tally
        #expect(tally.succeeded == 40 && tally.failed == 0 && tally.retries > 5)
    }

    @Test func lostConnectionsAreErrorsAndComeBack() throws {
        let server = try FakeServer(Behaviour(closeEach: 10))
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.operations = 100
        let tally = try Benchmark(plan).run { _ in }.tenants[0].tally
        #expect(tally.errors["connection closed"] == 10 && tally.succeeded == 90)
    }

    @Test func aStallShowsInOpenLoopOnly() throws {
        // Of 2 s at 500 operations a second, 600 ms nothing is answered: 30 % wait, on average 300 ms.
        for rate in [500.0, nil] {
            let server = try FakeServer(Behaviour(stall: (50, 600)))
            defer { server.stop() }
            var plan = try plan(server, try tenant())
            plan.tenants[0].rate = rate
            plan.tenants[0].thinkTime = rate == nil ? 8_000_000 : 0
            plan.duration = 2_000_000_000
            let latency = try Benchmark(plan).run { _ in }.tenants[0].tally.operations[OperationKind.get.rawValue]
                .latency
            if rate != nil {
                #expect(latency.quantile(0.9) > 100_000_000)
                #expect((800...1200).contains(latency.count))
            } else {
                #expect(latency.quantile(0.9) < 100_000_000 && latency.maximum > 500_000_000)
            }
        }
    }

    @Test func whatIsDueIsAnsweredInTimeOrLateOrNotAtAll() throws {
        // Answers nothing from the 50th request on, for longer than the run and its end.
        let server = try FakeServer(Behaviour(stall: (50, 1_500)))
        defer { server.stop() }
        var plan = try plan(server, try tenant("put=1"))
        plan.tenants[0].rate = 500
        plan.tenants[0].arrivals = .uniform
        plan.duration = 1_000_000_000
        var report = try Benchmark(plan).run { _ in }
        var tally = report.total.tally
        #expect(tally.succeeded + tally.late + tally.unfinished == 500 && tally.failed == 0)
        #expect(tally.late > 300)
        // All of them are in the latencies of what was to be done.
        #expect(tally.operations[OperationKind.put.rawValue].latency.count == 500)
        #expect(tally.operations[OperationKind.get.rawValue].latency.count == 0)
        #expect(report.table.contains("a: the rate of 500.0/s was not kept: \(tally.late) operations were answered"))
        plan.tenants[0].rate = 100
        report = try Benchmark(plan).run { _ in }
        tally = report.total.tally
        #expect(tally.succeeded >= 98 && !report.table.contains("was not kept"))
    }

    @Test func aServerThatHangsIsTold() throws {
        let server = try FakeServer(Behaviour(stall: (50, 3_000)))
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.tenants[0].expectedInterval = 1_000_000
        plan.duration = 1_500_000_000
        let report = try Benchmark(plan).run { _ in }
        let tally = report.total.tally
        #expect(tally.unfinished == 4 && tally.oldest > 1_000_000_000)
        #expect(report.table.contains("a: 4 operations were not answered at the end, the oldest of them for 1."))
        // Closed loop leaves it out, and its correction does not.
        let operation = tally.operations[OperationKind.get.rawValue]
        #expect(operation.latency.maximum < 1_000_000_000)
        #expect(operation.corrected.quantile(0.9) > 1_000_000_000)
    }

    @Test(arguments: [nil, 400.0]) func theWarmUpDoesNotUseOperationsUp(rate: Double?) throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.tenants[0].rate = rate
        plan.warmup = 300_000_000
        plan.operations = 50
        let report = try Benchmark(plan).run { _ in }
        #expect(report.total.tally.succeeded == 50 && report.total.tally.failed == 0)
        #expect(server.requests.count > 100)
        #expect(report.points.filter { $0.begin < 0 }.contains { $0.tenants[0].succeeded > 0 })
    }

    @Test func pointsKeepTheirPercentilesWhenTheyAreSealed() {
        var tally = IntervalTally()
        for latency: UInt64 in 1...1_000 { tally.latency.record(latency) }
        tally.seal()
        var late = IntervalTally()
        late.succeeded = 3
        late.latency.record(1_000_000)
        tally.merge(late)
        #expect(tally.median == 500 && tally.p99 == 990 && tally.succeeded == 3 && tally.latency.count == 0)
    }

    @Test func aLongSeriesTakesNoHistograms() throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.duration = 500_000_000
        plan.interval = 10_000_000
        let points = try Benchmark(plan).run { _ in }.points
        #expect(points.count == 50)
        #expect(points.dropLast(5).allSatisfy { $0.tenants[0].latency.count == 0 })
        #expect(points.filter { $0.tenants[0].succeeded > 0 && $0.tenants[0].p99 > 0 }.count > 20)
    }

    @Test func tooManyRequestsIsThrottling() throws {
        let server = try FakeServer(Behaviour(answers: ["GetItem": (429, "")]))
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.operations = 20
        let tally = try Benchmark(plan).run { _ in }.total.tally
        #expect(tally.throttled["HTTP 429"] == 20 && tally.errors.total == 0 && tally.failed == 20)
    }

    @Test func moreConnectionsThanFilesAreRefused() throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        var tenants: [TenantPlan] = []
        for number in 0..<200 {
            tenants.append(try tenant(name: "\(number)"))
            tenants[number].connections = 100_000
        }
        do {
            _ = try Benchmark(BenchmarkPlan(endpoint: endpoint, tenants: tenants))
            // Some systems allow a thousand million.
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #expect(limit.rlim_max > 20_000_000)
        } catch {
            #expect("\(error)".contains("20000000 connections need"))
        }
    }

    @Test func theSeriesSumsUpToTheTotal() throws {
        let server = try FakeServer()
        defer { server.stop() }
        var one = try tenant()
        one.thinkTime = 1_000_000
        var other = try tenant("get=0.5,put=0.5", name: "b", distribution: "scan")
        other.rate = 300
        var plan = try plan(server, one, other)
        plan.warmup = 300_000_000
        plan.duration = 1_000_000_000
        plan.interval = 200_000_000
        plan.threads = 2
        var events = 0
        let report = try Benchmark(plan).run { event in
            if case .interval = event { events += 1 }
        }
        let counting = report.points.filter { $0.begin >= 0 }
        #expect(events == report.points.count && counting.count == 5 && report.points.count == 7)
        for index in 0..<2 {
            #expect(counting.reduce(0) { $0 + $1.tenants[index].succeeded } == report.tenants[index].tally.succeeded)
            #expect(report.points.allSatisfy { $0.tenants[index].succeeded > 0 })
        }
        #expect((200...400).contains(report.tenants[1].tally.succeeded))
        let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
        #expect((json?["series"] as? [Any])?.count == 7 && (json?["tenants"] as? [Any])?.count == 2)
        #expect(report.table.contains("total") && report.table.contains("  put"))
        #expect(report.histograms.contains("#[b: put, microseconds]"))
    }

    @Test func aTraceIsReplayedInOrderAndRound() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "bench-\(UInt64.random(in: 0...(.max))).csv"
        )
        try "1,get,x,3,100,0\n2,set,y,3,200,0\n3,get,x,3,100,0\n4,del,y,3,0,0\n".write(
            to: file,
            atomically: true,
            encoding: .utf8
        )
        defer { try? FileManager.default.removeItem(at: file) }
        var plan = try plan(server, try tenant(distribution: "trace:\(file.path)"))
        plan.tenants[0].connections = 1
        plan.operations = 6
        _ = try Benchmark(plan).run { _ in }
        let seen = server.requests.map { request in
            (request.target.split(separator: ".").last ?? "") + (request.body.contains("k000000000000") ? " x" : " y")
        }
        #expect(seen == ["GetItem x", "PutItem y", "GetItem x", "DeleteItem y", "GetItem x", "PutItem y"])
        #expect(throws: (any Error).self) {
            try Benchmark(try self.plan(server, try tenant(distribution: "trace:/nowhere")))
        }
    }

    private func timedTrace(_ lines: [String]) throws -> String {
        let name = "bench-\(UInt64.random(in: 0...(.max))).csv"
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try lines.map { $0 + "\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    @Test func aTracesTimesAreKept() throws {
        // Back in time counts as at once.
        let path = try timedTrace(["100,g,x,3,9,0", "100.5,g,y,3,9,0", "100.2,s,x,3,9,0", "103,g,x,3,9,0"])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let trace = try TraceKeys(path: path, keepsTimes: true)
        #expect(trace.times == [0, 500_000_000, 500_000_000, 3_000_000_000])
        #expect(try TraceKeys(path: path).times.isEmpty)
        var dues: [[UInt64]] = []
        for part in 0..<2 {
            var schedule = TraceSchedule(trace, speed: 2, start: 1000, part: part, parts: 2)
            var due: [UInt64] = []
            while schedule.next != .max {
                due.append(schedule.next)
                schedule.advance()
            }
            dues.append(due)
        }
        #expect(dues == [[1000, 250_001_000], [250_001_000, 1_500_001_000]])
        let still = try timedTrace(["5,g,x,3,9,0", "5,g,y,3,9,0"])
        defer { try? FileManager.default.removeItem(atPath: still) }
        #expect(throws: PlanError.self) { try TraceKeys(path: still, keepsTimes: true) }
    }

    @Test func aTimedTraceIsReplayedOnceAndEnds() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let path = try timedTrace((0..<100).map { "\(Double($0) / 10),\($0 % 4 == 0 ? "s" : "g"),key-\($0),5,20,0" })
        defer { try? FileManager.default.removeItem(atPath: path) }
        var plan = try plan(server, try tenant(distribution: "trace:\(path)"))
        plan.tenants[0].traceSpeed = 10
        plan.threads = 2
        let report = try Benchmark(plan).run { _ in }
        let tenant = report.tenants[0]
        #expect(tenant.tally.succeeded == 100 && tenant.tally.unfinished == 0)
        #expect(tenant.tally.operations[OperationKind.put.rawValue].succeeded == 25)
        // 9.9 s at ten times the speed.
        #expect(tenant.seconds > 0.95 && tenant.seconds < 5)
        #expect(Set(server.requests.map(\.body)).count == 100)
    }

    @Test func onlyInsertedKeysAreAskedFor() throws {
        let state = TenantState(try tenant("ycsb-d"), trace: nil)
        let keys = (0..<3).map { _ in state.nextKey() }
        #expect(keys == [200, 201, 202])
        state.acknowledge(201)
        #expect(state.keys.load(ordering: .relaxed) == 200)
        state.acknowledge(200)
        #expect(state.keys.load(ordering: .relaxed) == 202)
        state.acknowledge(202)
        #expect(state.keys.load(ordering: .relaxed) == 203)
    }

    @Test func itemsOfYCSBHaveTenFields() throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant("ycsb-f"))
        plan.tenants[0].sizes = .fixed(1_000)
        plan.operations = 50
        let benchmark = try Benchmark(plan)
        var setup = TableSetup()
        setup.items = 1
        try benchmark.setUp(setup) { _ in }
        let report = try benchmark.run { _ in }
        let loaded = try #require(server.requests.first { $0.target.hasSuffix("BatchWriteItem") }).body
        let names = loaded.matches(of: /"(id|field\d|payload)":\{"S":"([^"]*)"/)
        #expect(names.map { String($0.output.1) } == ["id"] + (0..<10).map { "field\($0)" })
        // What DynamoDB counts: names and values.
        #expect(names.reduce(0) { $0 + $1.output.1.count + $1.output.2.count } == 1_000)
        let updates = server.requests.filter { $0.target.hasSuffix("UpdateItem") }
        #expect(updates.count == report.total.tally.operations[OperationKind.readModifyWrite.rawValue].succeeded)
        #expect(updates.allSatisfy { $0.body.contains(/"SET field\d = :v"/) && $0.body.utf8.count < 400 })
        #expect(!server.requests.contains { $0.target.hasSuffix("PutItem") })
    }

    private func problem(_ behaviour: Behaviour, secret: String? = nil) throws -> String? {
        let server = try FakeServer(behaviour)
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        if let secret { plan.tenants[0].credentials = BenchmarkCredentials(accessKeyID: "AKIDTEST", secret: secret) }
        do {
            try Benchmark(plan).setUp(TableSetup()) { _ in }
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func whatWouldFailAllIsToldFirst() throws {
        func answer(_ status: Int, _ body: String) -> Behaviour {
            Behaviour(answers: ["DescribeTable": (status, body)])
        }
        func error(_ name: String) -> String { #"{"__type":"com.amazon.coral.service#\#(name)","message":"so it is"}"# }
        #expect(try problem(Behaviour()) == nil)
        #expect(try problem(answer(400, error("ResourceNotFoundException")))?.contains("no table items") == true)
        let refused = try problem(answer(400, error("UnrecognizedClientException")))
        #expect(refused?.contains("refuses the credentials: UnrecognizedClientException: so it is") == true)
        #expect(try problem(answer(404, "<html>"))?.contains("is it a DynamoDB?") == true)
        // Others may pass.
        #expect(try problem(answer(400, error("AccessDeniedException"))) == nil)
        #expect(try problem(answer(500, "")) == nil)
        let table =
            #"{"Table":{"TableName":"items","TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"pk","#
            + #""KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}}"#
        #expect(try problem(answer(200, table))?.contains("is (pk)") == true)
        #expect(try problem(answer(200, table.replacingOccurrences(of: "pk", with: "id"))) == nil)
    }

    @Test func errorsAreQuotedAndMissingItemsCounted() throws {
        let body = #"{"__type":"x#ValidationException","message":"The \"key\"\nis wrong"}"#
        let server = try FakeServer(Behaviour(answers: ["PutItem": (400, body), "GetItem": (200, "{}")]))
        defer { server.stop() }
        var plan = try plan(server, try tenant("get=0.5,put=0.5"))
        plan.operations = 200
        let report = try Benchmark(plan).run { _ in }
        let tally = report.total.tally
        #expect(tally.absent == tally.succeeded && tally.failed == tally.errors["ValidationException"])
        #expect(report.table.contains("ValidationException \(tally.failed): The \"key\" is wrong\n"))
        #expect(report.table.contains("\(tally.absent) items"))
        let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
        let total = json?["total"] as? [String: Any]
        #expect(total?["absent"] as? Int == tally.absent)
        #expect((total?["messages"] as? [String: String])?["ValidationException"] == #"The "key" is wrong"#)
    }

    @Test func itEndsWhenTold() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let benchmark = try Benchmark(try plan(server, try tenant()))
        let stop = benchmark.stop
        Thread.detachNewThread {
            usleep(300_000)
            stop.set()
        }
        let report = try benchmark.run { _ in }
        #expect(report.tenants[0].seconds > 0.1 && report.tenants[0].seconds < 10)
        #expect(report.tenants[0].tally.succeeded > 0)
    }

    @Test(arguments: [nil, 100.0]) func itEndsWhenToldBeforeItBegins(rate: Double?) throws {
        let server = try FakeServer()
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.tenants[0].rate = rate
        let benchmark = try Benchmark(plan)
        benchmark.stop.set()
        #expect(try benchmark.run { _ in }.total.tally.succeeded < 10)
    }

    @Test func anIntervalTellsWhatFailed() throws {
        let server = try FakeServer(Behaviour(closeEach: 1))
        defer { server.stop() }
        var plan = try plan(server, try tenant())
        plan.duration = 300_000_000
        plan.interval = 100_000_000
        let report = try Benchmark(plan).run { _ in }
        #expect(report.points.first?.tenants[0].problem == "connection closed")
    }

    @Test func plansThatCanNotBeRun() throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        let good = BenchmarkPlan(endpoint: endpoint, tenants: [try tenant()])
        try good.check()
        let spoils: [(inout BenchmarkPlan) -> Void] = [
            { $0.tenants = [] }, { $0.tenants.append($0.tenants[0]) }, { $0.threads = 0 }, { $0.duration = 0 },
            { $0.interval = 1 }, { $0.tenants[0].connections = 0 }, { $0.tenants[0].keys = 0 },
            { $0.tenants[0].rate = -1 }, { $0.tenants[0].rate = .nan }, { $0.tenants[0].consistent = 2 },
            { $0.operations = 0 }, { $0.tenants[0].traceSpeed = 1 },
            {
                $0.tenants[0].distribution = .trace(path: "a")
                $0.tenants[0].traceSpeed = 0
            },
        ]
        for spoil in spoils {
            var plan = good
            spoil(&plan)
            #expect(throws: PlanError.self) { try plan.check() }
        }
    }
}
