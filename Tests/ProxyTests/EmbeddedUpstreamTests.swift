import DynamoDB
import Foundation
import TableStore
import Testing

@testable import Proxy

/// The proxy in front of the embedded store, and the store alone.
@Suite struct EmbeddedUpstreamTests {
    private static let create = """
        {"TableName":"Music","BillingMode":"PAY_PER_REQUEST",\
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],\
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}
        """
    private static let item = #"{"id":{"S":"a"},"title":{"S":"Pastel Blues"}}"#
    private static let get = #"{"TableName":"Music","Key":{"id":{"S":"a"}}}"#

    /// Two tenants of one store in memory.
    private func company() throws -> ProxyFixture {
        try ProxyFixture { configuration in
            configuration.upstreams = [.embedded()]
            for index in configuration.tenants.indices {
                configuration.tenants[index].upstream = "embedded"
                configuration.tenants[index].operations = .all
            }
        }
    }

    private func local(_ settings: EmbeddedSettings = EmbeddedSettings()) throws -> ProxyFixture {
        try ProxyFixture(reactors: 1) { configuration in
            configuration.upstreams = []
            configuration.tenants = []
            configuration.local = settings
        }
    }

    @Test func hitsAndWritesOfTwoTenants() throws {
        let fixture = try company()
        let (one, two) = (fixture.client("one"), fixture.client("two"))
        #expect(try one.call("CreateTable", Self.create).status == 200)
        #expect(try one.call("PutItem", #"{"TableName":"Music","Item":\#(Self.item)}"#).status == 200)
        for expected in ["miss", "hit"] {
            let reply = try two.call("GetItem", Self.get)
            #expect(reply.text == #"{"Item":\#(Self.item)}"# && reply.cache == expected)
        }
        let update = """
            {"TableName":"Music","Key":{"id":{"S":"a"}},"UpdateExpression":"SET title = :t",\
            "ExpressionAttributeValues":{":t":{"S":"Wild Is the Wind"}}}
            """
        #expect(try one.call("UpdateItem", update).status == 200)
        let reply = try two.call("GetItem", Self.get)
        #expect(reply.text.contains("Wild Is the Wind") && reply.cache == "miss")
    }

    @Test func theStoreOutlivesAReload() throws {
        let fixture = try company()
        let client = fixture.client()
        #expect(try client.call("CreateTable", Self.create).status == 200)
        try fixture.proxy.reload(fixture.configuration)
        #expect(try client.call("DescribeTable", #"{"TableName":"Music"}"#).status == 200)
    }

    @Test func aloneItCachesNothing() throws {
        let fixture = try local()
        let client = fixture.client()
        #expect(try client.call("CreateTable", Self.create).status == 200)
        #expect(try client.call("PutItem", #"{"TableName":"Music","Item":\#(Self.item)}"#).text == "{}")
        for _ in 0..<2 {
            let reply = try client.call("GetItem", Self.get)
            #expect(reply.text == #"{"Item":\#(Self.item)}"# && reply.cache == "disabled")
        }
    }

    @Test func aloneItWantsASignatureOfAnyKey() throws {
        let fixture = try local()
        let stranger = TestClient(port: fixture.proxy.ports[0], accessKeyID: "AKIDNOBODY", secret: "none")
        #expect(try stranger.call("ListTables", "{}").text == #"{"TableNames":[]}"#)
        stranger.isSigned = false
        #expect(try stranger.call("ListTables", "{}").errorName == "MissingAuthenticationTokenException")
    }

    @Test(arguments: ["ExecuteStatement", "CreateBackup", "NoSuchOperation"])
    func whatTheStoreLacksIsUnknown(operation: String) throws {
        let fixture = try local()
        #expect(try fixture.client().call(operation, "{}").errorName == "UnknownOperationException")
    }

    @Test func aDroppedCallIsAFailedUpstreamToTheProxyAndAClosedConnectionAlone() throws {
        var service = ServiceModel()
        service.faults = [Fault(.dropBefore, probability: 1, scope: .named([.listTables, .putItem]))]
        let local = try local(EmbeddedSettings(service: service))
        let alone = local.client()
        #expect(throws: (any Error).self) { try alone.call("ListTables", "{}") }
        alone.disconnect()
        #expect(try alone.call("DescribeLimits", "{}").status == 200, "the next connection is served")

        let fixture = try ProxyFixture { configuration in
            configuration.upstreams = [.embedded(EmbeddedSettings(service: service))]
            for index in configuration.tenants.indices {
                configuration.tenants[index].upstream = "embedded"
                configuration.tenants[index].operations = .all
            }
        }
        let tenant = fixture.client()
        #expect(try tenant.call("ListTables", "{}").status == 503)
        let put = try tenant.call("PutItem", #"{"TableName":"Music","Item":\#(Self.item)}"#)
        #expect(put.status == 500 && put.errorName == "InternalServerError")
    }

    @Test func theServiceIsShownAndChangedOverHTTP() throws {
        let fixture = try local()
        let client = fixture.client()
        let url = "/_leveret/service"
        #expect(try client.raw("GET", url).text == "enforce_throughput: false\n")
        let fault = "faults: [{kind: error, error: ThrottlingException, probability: 1, operations: [ListTables]}]"
        #expect(try client.raw("PUT", url, fault).status == 200)
        #expect(try client.call("ListTables", "{}").errorName == "ThrottlingException")
        let refused = try client.raw("PUT", url, "fault: []")
        #expect(refused.status == 400 && refused.text.contains("did you mean 'faults'?"))
        #expect(try client.raw("GET", url).text.contains("ThrottlingException"), "a mistake changes nothing")
        #expect(try client.raw("PUT", url, "# " + String(repeating: "x", count: 65_536)).status == 413)
        #expect(try client.raw("PUT", url).status == 200)
        #expect(try client.call("ListTables", "{}").status == 200)
        #expect(try client.raw("DELETE", url).status == 405)
        #expect(try client.raw("POST", url, "{}").status == 405)
        #expect(try client.raw("GET", url + "s").status == 404)
    }

    @Test func theProxyHasNoServiceEndpoint() throws {
        let fixture = try company()
        let client = fixture.client()
        #expect(try client.raw("PUT", "/_leveret/service", "enforce_throughput: true").status == 404)
        #expect(try client.raw("GET", "/_leveret/service").text.hasPrefix("healthy: "))
    }

    @Test func dataInAFileOutlivesTheProcess() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "leveret-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = EmbeddedSettings(file: folder.appending(path: "store.db").path)
        let first = try local(settings)
        #expect(try first.client().call("CreateTable", Self.create).status == 200)
        #expect(try first.client().call("PutItem", #"{"TableName":"Music","Item":\#(Self.item)}"#).status == 200)
        let second = #expect(throws: (any Error).self) { try local(settings) }
        #expect("\(String(describing: second))".contains("store.db"), "refused while the first has it open")
        first.stopProxy()
        let third = try local(settings)
        #expect(try third.client().call("GetItem", Self.get).text == #"{"Item":\#(Self.item)}"#)
    }
}
