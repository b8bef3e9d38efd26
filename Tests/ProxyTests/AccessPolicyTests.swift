import DynamoDB
import Testing

@testable import Proxy

@Suite struct AccessPolicyTests {
    /// Leave tables and items as they are, and show nothing of other tenants.
    private static let reading: Set<String> = [
        "GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems", "SearchVectors", "DescribeTable",
        "DescribeTimeToLive", "DescribeContinuousBackups", "DescribeContributorInsights",
        "DescribeKinesisStreamingDestination", "DescribeTableReplicaAutoScaling", "ListTagsOfResource", "ListTables",
        "DescribeLimits", "DescribeEndpoints", "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords",
    ]
    /// Judged by their statements.
    private static let partiQL: Set<String> = ["ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"]
    private static let writing: Set<String> = [
        "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "CreateTable", "DeleteTable",
        "UpdateTable", "UpdateTimeToLive", "TagResource", "UntagResource",
    ]

    private func allowed(_ operations: OperationsPolicy) -> Set<String> {
        let policy = AccessPolicy(operations: operations, tables: [Pattern("*")])
        return Set(Operation.allCases.filter { policy.allows($0) }.map(\.name))
    }

    @Test func `each policy allows exactly its operations`() {
        #expect(Operation.allCases.count == 66)
        #expect(allowed(.all) == Set(Operation.allCases.map(\.name)))
        #expect(allowed(.standard) == Self.reading.union(Self.partiQL).union(Self.writing))
        #expect(allowed(.readOnly) == Self.reading.union(Self.partiQL))
        #expect(allowed(.only([])).isEmpty)
        #expect(allowed(.only(["GetItem", "CreateBackup"])) == ["GetItem", "CreateBackup"])
        #expect(allowed(.only(["getitem", "NoSuchOperation"])).isEmpty)
    }

    @Test func `operations that change something are told apart`() {
        let harmless = Set(Operation.allCases.filter(\.changesNothing).map(\.name))
        #expect(harmless.isDisjoint(with: Self.writing))
        #expect(harmless.isDisjoint(with: Self.partiQL))
        #expect(harmless.isSuperset(of: Self.reading))
        for name in harmless {
            #expect(
                ["Get", "BatchGet", "Query", "Scan", "TransactGet", "SearchV", "Describe", "List"].contains {
                    name.hasPrefix($0)
                }
            )
        }
    }

    @Test(arguments: [
        (OperationsPolicy.all, true, true), (.standard, true, false), (.readOnly, false, false),
        (.only([]), false, false),
        (.only(["Polish"]), true, false),
    ])
    func `an unknown operation`(operations: OperationsPolicy, namingTable: Bool, namingNone: Bool) {
        let policy = AccessPolicy(operations: operations, tables: [Pattern("*")])
        #expect(policy.allowsUnknownOperation(named: "Polish", namesTable: true) == namingTable)
        #expect(policy.allowsUnknownOperation(named: "Polish", namesTable: false) == namingNone)
    }

    @Test func `tables by pattern`() {
        let some = AccessPolicy(operations: .all, tables: [Pattern("app-*"), Pattern("shared")])
        #expect(!some.allowsEveryTable)
        for (name, isAllowed) in [
            ("app-users", true), ("shared", true), ("shared2", false), ("app", false), ("", false),
        ] {
            #expect(some.allowsTable(Array(name.utf8)) == isAllowed)
        }
        #expect(AccessPolicy(operations: .all, tables: [Pattern("a"), Pattern("*")]).allowsEveryTable)
        let none = AccessPolicy(operations: .all, tables: [])
        #expect(!none.allowsEveryTable)
        #expect(!none.allowsTable(Array("a".utf8)))
    }
}
