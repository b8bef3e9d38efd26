import NIOCore

/// HTTP/1.1 by hand: finds the end of each request, by its Content-Length, and answers with a fixed reply.
final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: ByteBuffer
    private var pending = ByteBuffer()
    private static let largestHead = 16384

    init(bodyBytes: Int) {
        let body = String(repeating: "x", count: bodyBytes)
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: \(bodyBytes)\r\n\r\n"
        reply = ByteBuffer(string: head + body)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if pending.readableBytes > 0 {
            pending.writeBuffer(&bytes)
            bytes = pending
            pending = ByteBuffer()
        }
        while bytes.readableBytes > 0 {
            guard let length = Self.requestLength(bytes) else {
                context.close(promise: nil)
                return
            }
            guard length > 0, length <= bytes.readableBytes else {
                pending = bytes
                return
            }
            bytes.moveReaderIndex(forwardBy: length)
            context.write(wrapOutboundOut(reply), promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Bytes of the first request; 0 while its head is incomplete, nil if it can't be one.
    private static func requestLength(_ bytes: ByteBuffer) -> Int? {
        bytes.withUnsafeReadableBytes { bytes in
            var line = 0
            var contentLength = 0
            while let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) {
                if end - line <= 1 { return end + 1 + contentLength }
                if let value = headerValue("content-length:", UnsafeRawBufferPointer(rebasing: bytes[line..<end])) {
                    guard let length = decimal(value), length <= 1 << 24 else { return nil }
                    contentLength = length
                }
                line = end + 1
            }
            return bytes.count > largestHead ? nil : 0
        }
    }

    private static func headerValue(_ name: StaticString, _ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard line.count >= name.utf8CodeUnitCount else { return nil }
        for index in 0..<name.utf8CodeUnitCount where line[index] | 0x20 != name.utf8Start[index] | 0x20 { return nil }
        return UnsafeRawBufferPointer(rebasing: line[name.utf8CodeUnitCount...])
    }

    private static func decimal(_ value: UnsafeRawBufferPointer) -> Int? {
        var result = 0
        for byte in value where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\r") {
            guard byte >= 48, byte < 58, result < 1 << 32 else { return nil }
            result = result * 10 + Int(byte) - 48
        }
        return result
    }
}
