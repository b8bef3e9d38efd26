#if canImport(CMallocCounter)
import CMallocCounter
import Foundation
import Testing

@testable import Transport

/// From received bytes to sent bytes nothing is allocated, once warm.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct AllocationTests {
    private static let warmUp = 200
    private static let counted = 1000

    /// Counts its own thread's allocations from one request to another.
    private final class CountingHandler: HTTPHandler {
        private var requests = 0
        private(set) var allocations: UInt64?

        func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
            requests += 1
            if requests == AllocationTests.warmUp { malloc_counter_start() }
            if requests == AllocationTests.warmUp + AllocationTests.counted { allocations = malloc_counter_stop() }
            guard let id = request.header("x-id") else { return }
            exchange.reply(
                status: 200,
                contentLength: request.body.count,
                headers: { writer in
                    writer.header("Content-Type", "application/x-amz-json-1.0")
                    writer.header("x-amzn-RequestId", id)
                    writer.header("x-amz-crc32", 4_294_967_295)
                },
                body: { $0.append(request.body) }
            )
        }

        func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
            HTTPRefusalReply(status: reason.status, contentType: "text/plain", body: [])
        }
    }

    /// With one request a read, and with several.
    @Test(arguments: [1, 3])
    func warmRequestsAllocateNothing(pipelined: Int) throws {
        let reactor = try Reactor()
        let handler = CountingHandler()
        let server = try HTTPServer(
            reactor: reactor,
            address: ListenAddress(host: "127.0.0.1", port: 0),
            handler: handler
        )
        let port = server.port
        let stop = reactor.mailbox { [unowned reactor] (_: Bool) in reactor.stop() }
        Thread.detachNewThread {
            defer { stop.send(true) }
            guard let client = try? TestClient(port: port) else { return }
            let body = #"{"TableName":"Music","Key":{"Artist":{"S":"a"}}}"#
            let request = post("/", body, fields: "x-id: 0123456789\r\nAccept-Encoding: identity\r\n")
            for _ in 0...(AllocationTests.warmUp + AllocationTests.counted) / pipelined {
                client.send(String(repeating: request, count: pipelined))
                for _ in 0..<pipelined {
                    guard (try? client.reply())?.text == body else { return }
                }
            }
        }
        reactor.run()
        #expect(handler.allocations == 0)
        withExtendedLifetime(server) {}
    }
}
#endif
