import Foundation
import Testing
import Transport

@testable import LoadGenerator

/// What a connection makes of a server.
@Suite struct ClientTests {
    private func reply(_ body: String, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func oneConnectionServesManyRequests() throws {
        let server = try ScriptedServer([[reply("a")], [reply("b")], [reply("c")]])
        let (outcomes, opens) = try talk(port: server.port, requests: 3)
        #expect(outcomes == ["200 a", "200 b", "200 c"] && opens == 1)
    }

    @Test func itComesBackAfterClose() throws {
        let server = try ScriptedServer([
            [reply("a", "Connection: close\r\n"), nil], [reply("b")], [nil], [reply("c").dropLastText(1), nil],
            [reply("d")],
        ])
        let (outcomes, opens) = try talk(port: server.port, requests: 5)
        #expect(outcomes == ["200 a", "200 b", "connection closed", "connection closed", "200 d"])
        #expect(opens == 4)
    }

    @Test func repliesInPiecesAndChunks() throws {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let server = try ScriptedServer(
            [
                [chunked, "3\r\nab", "c\r\n", "0\r\n", "\r\n"],
                ["HTTP/1.1 200 OK\r\nConte", "nt-Length: 2\r\n\r", "\nx", "y"],
            ],
            pause: 5_000
        )
        #expect(try talk(port: server.port, requests: 2).outcomes == ["200 abc", "200 xy"])
    }

    @Test func garbageIsAnErrorAndTheConnectionIsOpenedAgain() throws {
        let server = try ScriptedServer([
            ["SSH-2.0-garbage here\r\n\r\n", nil], [reply("a") + "too much", nil], [reply("b")],
        ])
        let (outcomes, opens) = try talk(port: server.port, requests: 3)
        #expect(outcomes == ["malformed reply: not HTTP/1.1", "malformed reply: bytes after the reply", "200 b"])
        #expect(opens == 3)
    }

    @Test func slowIsATimeout() throws {
        let server = try ScriptedServer(
            [["HTTP/1.1 200 OK\r\n", "Content-Length: 1\r\n\r\n", nil], [reply("b")]],
            pause: 600_000
        )
        #expect(try talk(port: server.port, requests: 2, timeout: 1_000_000_000).outcomes == ["timeout", "200 b"])
    }

    @Test func nobodyThere() throws {
        let port: UInt16
        do {
            let server = try ScriptedServer([])
            port = server.port
        }
        let outcomes = try talk(port: port, requests: 2).outcomes
        #expect(outcomes == ["connect: Connection refused", "connect: Connection refused"])
    }

    @Test func theNextAddressIsTried() throws {
        let server = try ScriptedServer([[reply("a")], [reply("b", "Connection: close\r\n"), nil], [reply("c")]])
        let port: UInt16
        do {
            let gone = try ScriptedServer([])
            port = gone.port
        }
        let nobody = try ServerAddresses(try HTTPEndpoint("http://127.0.0.1:\(port)"))
        let somebody = try ServerAddresses(try HTTPEndpoint("http://127.0.0.1:\(server.port)"))
        let both = ServerAddresses(nobody.endpoint, all: nobody.all + somebody.all, tls: nil)
        let (outcomes, opens) = try talk(to: both, requests: 3)
        #expect(outcomes == ["200 a", "200 b", "200 c"] && opens == 2)
        let none = ServerAddresses(nobody.endpoint, all: nobody.all + nobody.all, tls: nil)
        #expect(try talk(to: none).outcomes == ["connect: Connection refused"])
    }

    @Test func unknownHostsAreNamed() {
        let error = #expect(throws: BenchmarkError.self) {
            try ServerAddresses(try HTTPEndpoint("http://no-such-host.invalid"))
        }
        #expect(error?.description.contains("no-such-host.invalid") == true)
    }

    @Test(
        arguments: [
            ("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
            ("https://dynamodb-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
            ("https://123456789012.ddb.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
            ("https://dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("https://vpce-0a-b.dynamodb.eu-central-1.vpce.amazonaws.com", "eu-central-1"),
            ("https://dynamodb.us-west-2.api.aws", "us-west-2"), ("http://localhost:8000", nil),
            ("https://dynamodb.eu-west-1.example.com", nil), ("https://dynamodb.amazonaws.com", nil),
        ] as [(String, String?)]
    )
    func regionsOfAWS(url: String, region: String?) throws {
        #expect(try HTTPEndpoint(url).region == region)
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8000", "127.0.0.1", 8000), ("http://127.0.0.1/", "127.0.0.1", 80),
            ("HTTP://[::1]:9", "::1", 9), ("https://127.0.0.1", "127.0.0.1", 443), ("https://a.b:8443/", "a.b", 8443),
        ] as [(String, String, UInt16)]
    )
    func endpoints(url: String, host: String, port: UInt16) throws {
        let endpoint = try HTTPEndpoint(url)
        #expect(endpoint.host == host && endpoint.port == port)
    }

    @Test(
        arguments: [
            "ftp://127.0.0.1", "https://", "https://a b", "127.0.0.1:80", "http://", "http://:80", "http://a:0",
            "http://127.0.0.1:99999",
            "http://127.0.0.1/path", "http://[::1", "http:/127.0.0.1", "http",
        ]
    )
    func refusedEndpoints(url: String) {
        #expect(throws: PlanError.self) { try HTTPEndpoint(url) }
    }
}

extension String {
    fileprivate func dropLastText(_ count: Int) -> String { String(dropLast(count)) }
}

/// Sends a request whenever it may, and notes what comes of each.
private final class Recorder: ClientOwner {
    let reactor: Reactor
    let wanted: Int
    var outcomes: [String] = []
    var opens = 0

    init(_ reactor: Reactor, wanted: Int) {
        self.reactor = reactor
        self.wanted = wanted
    }

    func opened(_ connection: ClientConnection) {
        opens += 1
        request(connection)
    }

    func replied(_ connection: ClientConnection) {
        note("\(connection.reply.status) \(String(decoding: connection.reply.body, as: UTF8.self))")
        if connection.isFree { request(connection) }
    }

    func failed(_ connection: ClientConnection, _ failure: ClientFailure, wasBusy: Bool) {
        if wasBusy || failure != .closed { note(failure.name) }
    }

    private func request(_ connection: ClientConnection) {
        guard outcomes.count < wanted else { return }
        connection.output = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8)
        connection.send(keepsBody: true, now: MonotonicClock.now)
    }

    private func note(_ outcome: String) {
        outcomes.append(outcome)
        if outcomes.count >= wanted { reactor.stop() }
    }
}

/// What comes of so many requests on one connection, and how often it was opened.
func talk(
    to servers: ServerAddresses,
    requests: Int = 1,
    timeout: UInt64 = 3_000_000_000,
    connectTimeout: UInt64 = 3_000_000_000
) throws -> (outcomes: [String], opens: Int) {
    let reactor = try Reactor()
    var settings = BenchmarkPlan(endpoint: servers.endpoint, tenants: [])
    settings.timeout = timeout
    settings.connectTimeout = connectTimeout
    let context = ClientContext(reactor: reactor, server: servers, settings: settings)
    let recorder = Recorder(reactor, wanted: requests)
    let connection = ClientConnection(context, owner: recorder)
    connection.open()
    func tick() {
        connection.checkDeadline(MonotonicClock.now)
        reactor.schedule(after: 10_000_000) { tick() }
    }
    tick()
    reactor.schedule(after: 8_000_000_000) { reactor.stop() }
    reactor.run()
    connection.retire()
    return (recorder.outcomes, recorder.opens)
}

func talk(
    port: UInt16,
    requests: Int,
    timeout: UInt64 = 3_000_000_000
) throws -> (outcomes: [String], opens: Int) {
    try talk(
        to: ServerAddresses(try HTTPEndpoint("http://127.0.0.1:\(port)")),
        requests: requests,
        timeout: timeout
    )
}
