import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

// Answers every request with the same reply, on one event loop, by NIO's own HTTP/1.1.

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[1]), let bodyBytes = Int(arguments[2]), bodyBytes >= 0 else {
    print("usage: HTTPServer PORT BODY_BYTES")
    exit(64)
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let server = try await ServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 1024)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(FixedReply(bodyBytes: bodyBytes))
        }
    }
    .bind(host: "127.0.0.1", port: port).get()
try await server.closeFuture.get()
