import DynamoDB
import Testing

@testable import TableStore

/// Throughput with a clock of the test's own.
@Suite struct ServiceCapacityTests {
    private static func table(
        _ billing: Billing = .provisioned(Throughput(read: 10, write: 5)),
        number: Int64 = 1,
        indexes: [Index] = []
    ) -> Table {
        let key = KeySchema.Attribute(name: "k", type: .string)
        return Table(
            TableDefinition(
                number: number,
                tableID: "id",
                name: "Music",
                createdAt: 0,
                keySchema: KeySchema(partitionKey: key, sortKey: nil),
                attributes: [key],
                billing: billing,
                globalIndexes: indexes
            )
        )
    }

    private static func index(_ throughput: Throughput?, number: Int64 = 2, isGlobal: Bool = true) -> Index {
        let key = KeySchema.Attribute(name: "g", type: .string)
        return Index(
            number: number,
            name: "ByGenre",
            isGlobal: isGlobal,
            keySchema: KeySchema(partitionKey: key, sortKey: nil),
            projection: .all,
            throughput: throughput
        )
    }

    private static func enforced() -> CapacityModel {
        var model = CapacityModel()
        model.isEnforced = true
        return model
    }

    private static func used(read: Double = 0, write: Double = 0) -> Consumption {
        var used = Consumption(tableName: "Music")
        used.table = Consumption.Units(read: read, write: write)
        return used
    }

    /// Spends as much as is admitted, `cost` at a time; returns the units.
    private static func drain(
        _ model: inout CapacityModel,
        _ direction: CapacityModel.Direction,
        _ table: Table,
        cost: Double,
        now: Int64
    ) -> Double {
        var spent = 0.0
        while (try? model.admit(direction, table, now: now)) != nil {
            model.charge(direction == .read ? used(read: cost) : used(write: cost), to: table, now: now)
            spent += cost
            if spent > 1e6 { break }
        }
        return spent
    }

    @Test func nothingIsEnforcedByDefault() throws {
        var model = CapacityModel()
        let table = Self.table()
        model.charge(Self.used(read: 1e9, write: 1e9), to: table, now: 0)
        try model.admit(.read, table, now: 0)
        try model.admit(.write, table, now: 0)
    }

    @Test(arguments: [0.5, 1, 3, 128, 777.5]) func inTheLongRunTheRateIsTheProvisionedOne(_ cost: Double) {
        var model = Self.enforced()
        let table = Self.table()
        var spent = 0.0
        let seconds: Int64 = 500
        // Steps that no second is a multiple of.
        for now in stride(from: 0, through: seconds * 1000, by: 37) {
            spent += Self.drain(&model, .read, table, cost: cost, now: now)
        }
        let expected = 10 * Double(seconds) + 10
        #expect(abs(spent - expected) <= cost + 0.2)
    }

    @Test func unusedCapacityIsKeptForFiveMinutes() {
        var model = Self.enforced()
        let table = Self.table()
        #expect(Self.drain(&model, .write, table, cost: 1, now: 0) == 5)
        #expect(Self.drain(&model, .write, table, cost: 1, now: 100_000) == 500)
        #expect(Self.drain(&model, .write, table, cost: 1, now: 10_000_000) == 1500)
        #expect(Self.drain(&model, .write, table, cost: 1, now: 10_000_000) == 0)
    }

    @Test func debtsAreWorkedOff() throws {
        var model = Self.enforced()
        let table = Self.table()
        model.charge(Self.used(read: 110), to: table, now: 0)
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, now: 9_999) }
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, now: 10_000) }
        try model.admit(.read, table, now: 10_001)
        // Writes have a capacity of their own.
        try model.admit(.write, table, now: 0)
        #expect(model.refusals == 2)
    }

    @Test func admissionCostsNothing() throws {
        var model = Self.enforced()
        let table = Self.table(.provisioned(Throughput(read: 1, write: 1)))
        for _ in 0..<1000 { try model.admit(.read, table, now: 5) }
        #expect(Self.drain(&model, .read, table, cost: 1, now: 5) == 1)
    }

    @Test func newCapacityCountsAtOnce() {
        var model = Self.enforced()
        let table = Self.table()
        model.follow([table], now: 0)
        #expect(Self.drain(&model, .read, table, cost: 1, now: 0) == 10)
        table.definition.billing = .provisioned(Throughput(read: 100, write: 5))
        model.follow([table], now: 10_000)
        // Ten seconds at the old rate and ten at the new one.
        #expect(Self.drain(&model, .read, table, cost: 1, now: 20_000) == 1100)
        table.definition.billing = .provisioned(Throughput(read: 1, write: 5))
        #expect(Self.drain(&model, .read, table, cost: 1, now: 1_000_000) == 300)
    }

    @Test func aTableThatIsGoneIsForgotten() {
        var model = Self.enforced()
        let table = Self.table()
        model.charge(Self.used(read: 1e6), to: table, now: 0)
        model.follow([], now: 1)
        #expect(Self.drain(&model, .read, table, cost: 1, now: 1) == 10)
    }

    @Test func switchingOffForgives() throws {
        var model = Self.enforced()
        let table = Self.table()
        model.charge(Self.used(read: 1e6), to: table, now: 0)
        model.isEnforced = false
        model.isEnforced = true
        try model.admit(.read, table, now: 0)
    }

    @Test func aClockThatGoesBackStopsNothing() throws {
        var model = Self.enforced()
        let table = Self.table()
        #expect(Self.drain(&model, .read, table, cost: 1, now: 1_000_000) == 10)
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, now: 1000) }
        try model.admit(.read, table, now: 1001)
        model.charge(Self.used(read: 1e18), to: table, now: .min)
        try? model.admit(.read, table, now: .max)
    }

    @Test func aGlobalIndexHasItsOwnCapacity() throws {
        let index = Self.index(Throughput(read: 2, write: 1))
        let table = Self.table(indexes: [index])
        var model = Self.enforced()
        var used = Self.used(write: 1)
        used.globalIndexes["ByGenre"] = Consumption.Units(read: 4, write: 3)
        model.charge(used, to: table, now: 0)
        try model.admit(.read, table, now: 0)
        try model.admit(.write, table, now: 0)
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, index: index, now: 1000) }
        try model.admit(.read, table, index: index, now: 1001)
        #expect(throws: ErrorReply.self) { try model.admit(.write, table, index: index, now: 2000) }
        try model.admit(.write, table, index: index, now: 2001)
    }

    @Test func aLocalIndexUsesTheTables() throws {
        let table = Self.table()
        var model = Self.enforced()
        var used = Self.used()
        used.localIndexes["L"] = Consumption.Units(read: 20)
        model.charge(used, to: table, now: 0)
        let local = Self.index(nil, isGlobal: false)
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, index: local, now: 0) }
        #expect(throws: ErrorReply.self) { try model.admit(.read, table, now: 0) }
    }

    @Test func payPerRequestIsLimitedByItsOwnLimits() throws {
        var index = Self.index(nil)
        let table = Self.table(.payPerRequest, indexes: [index])
        var model = Self.enforced()
        model.charge(Self.used(read: 1e9, write: 1e9), to: table, now: 0)
        try model.admit(.read, table, now: 0)
        table.definition.onDemandLimits = OnDemandLimits(read: 1, write: -1)
        model.charge(Self.used(read: 1, write: 1e9), to: table, now: 0)
        try model.admit(.write, table, now: 0)
        #expect {
            try model.admit(.read, table, now: 0)
        } throws: { error in
            guard let error = error as? ErrorReply else { return false }
            let body = String(decoding: error.body(), as: UTF8.self)
            return error.name == "ThrottlingException"
                && error.message == "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
                && body.contains(#""throttlingReasons":[{"reason":"TableReadMaxOnDemandThroughputExceeded","#)
        }
        index.onDemandLimits = OnDemandLimits(read: nil, write: 0)
        #expect(throws: ErrorReply.self) { try model.admit(.write, table, index: index, now: 0) }
    }

    @Test func refusalsAreWordedAsDynamoDBs() {
        let index = Self.index(Throughput(read: 0, write: 0))
        let table = Self.table(.provisioned(Throughput(read: 0, write: 0)), indexes: [index])
        var model = Self.enforced()
        model.identity = StoreIdentity(region: "eu-west-1", account: "123456789012")
        #expect {
            try model.admit(.write, table, now: 0)
        } throws: { error in
            (error as? ErrorReply)?.body()
                == Array(
                    (#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","#
                        + #""ThrottlingReasons":[{"reason":"TableWriteProvisionedThroughputExceeded","#
                        + #""resource":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music"}],"message":"The level of "#
                        + "configured provisioned throughput for the table was exceeded. Consider increasing your "
                        + #"provisioning level with the UpdateTable API."}"#).utf8
                )
        }
        #expect {
            try model.admit(.read, table, index: index, now: 0)
        } throws: { error in
            let body = (error as? ErrorReply).map { String(decoding: $0.body(), as: UTF8.self) } ?? ""
            return body.contains("IndexReadProvisionedThroughputExceeded") && body.contains("table/Music/index/ByGenre")
                && body.contains("for one or more global secondary indexes of the table was exceeded.")
        }
    }
}
