import DynamoDB
import Testing

@Suite struct ConsumedCapacityTests {
    private func written(_ capacity: ConsumedCapacity?) -> String? {
        capacity.map { capacity in
            var output: [UInt8] = []
            capacity.append(to: &output)
            return text(output)
        }
    }

    @Test(arguments: [
        (ReturnConsumedCapacity.none, ""),
        (.total, #"{"TableName":"t\u0061","CapacityUnits":0.0}"#),
        (.indexes, #"{"TableName":"t\u0061","CapacityUnits":0.0,"Table":{"CapacityUnits":0.0}}"#),
    ])
    func hits(shape: ReturnConsumedCapacity, expected: String) {
        var output: [UInt8] = []
        output.reserveCapacity(100)
        let allocations = Array(#"t\u0061"#.utf8).withUnsafeBytes { name in
            warmAllocations {
                output.removeAll(keepingCapacity: true)
                ConsumedCapacity.appendHit(tableName: name, shape: shape, to: &output)
            }
        }
        #expect(allocations == 0)
        #expect(text(output) == expected)
    }

    @Test(arguments: [
        (#"{"TableName":"t","CapacityUnits":0.5}"#, #"{"TableName":"t","CapacityUnits":0.25}"#),
        (#"{"CapacityUnits":1,"TableName":"t"}"#, #"{"TableName":"t","CapacityUnits":0.5}"#),
        (#"{"TableName":"t","CapacityUnits":2.0}"#, #"{"TableName":"t","CapacityUnits":1.0}"#),
        (
            #" {"TableName":"t","CapacityUnits":100.0,"Table":{ "CapacityUnits" : 1e2 } }"#,
            #"{"TableName":"t","CapacityUnits":50.0,"Table":{"CapacityUnits":50.0}}"#
        ),
        (#"{"TableName":"\u0074","CapacityUnits":0}"#, #"{"TableName":"\u0074","CapacityUnits":0.0}"#),
    ])
    func halves(object: String, expected: String) {
        #expect(written(reading(object) { ConsumedCapacity.parse($0) }?.halved) == expected)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"TableName":"t"}"#, #"{"CapacityUnits":1}"#, #"{"TableName":1,"CapacityUnits":1}"#,
        #"{"TableName":"t","CapacityUnits":"1"}"#, #"{"TableName":"t","CapacityUnits":-1}"#,
        #"{"TableName":"t","CapacityUnits":1e999}"#, #"{"TableName":"t","CapacityUnits":1e13}"#,
        #"{"TableName":"t","CapacityUnits":1,"CapacityUnits":1}"#, #"{"TableName":"t","CapacityUnits":1,"Table":{}}"#,
        #"{"TableName":"t","CapacityUnits":1,"Table":{"CapacityUnits":1,"ReadCapacityUnits":1}}"#,
        #"{"TableName":"t","CapacityUnits":1,"GlobalSecondaryIndexes":{}}"#, #"{"TableName":"t","CapacityUnits":1}}"#,
    ])
    func passesOver(object: String) {
        #expect(reading(object) { ConsumedCapacity.parse($0) } == nil)
        #expect(reading("[\(object)]") { ConsumedCapacity.parse(list: $0) } == (object.isEmpty ? [] : nil))
    }

    @Test func merges() throws {
        let list = """
            [{"TableName":"u","CapacityUnits":1.0},{"TableName":"t","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}},\
            {"TableName":"u","CapacityUnits":2.5},{"TableName":"t","CapacityUnits":2.0,"Table":{"CapacityUnits":2.0}}]
            """
        let parts = try #require(reading(list) { ConsumedCapacity.parse(list: $0) })
        #expect(
            ConsumedCapacity.merged(parts).map { written($0) } == [
                #"{"TableName":"u","CapacityUnits":3.5}"#,
                #"{"TableName":"t","CapacityUnits":2.5,"Table":{"CapacityUnits":2.5}}"#,
            ]
        )
        #expect(ConsumedCapacity.merged([]).isEmpty)
    }

    @Test func shapes() {
        let name = Array("t".utf8)
        #expect(
            written(ConsumedCapacity(tableName: name, units: 0, shape: .total))
                == #"{"TableName":"t","CapacityUnits":0.0}"#
        )
        #expect(
            written(ConsumedCapacity(tableName: name, units: 1.5, shape: .indexes))
                == #"{"TableName":"t","CapacityUnits":1.5,"Table":{"CapacityUnits":1.5}}"#
        )
    }
}
