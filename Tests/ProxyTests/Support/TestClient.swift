import Foundation
import SigV4

/// A blocking DynamoDB client on one keep-alive connection.
final class TestClient {
    struct Reply {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
        var text: String { String(decoding: body, as: UTF8.self) }
        /// `X-Leveret-Cache`.
        var cache: String { headers["x-leveret-cache"] ?? "" }
        /// That the entry was past its time, whether or not the proxy's housekeeping had met it before.
        var isGone: Bool { ["expired", "miss"].contains(cache) }
        var errorName: String {
            (json["__type"] as? String)?.split(separator: "#").last.map(String.init) ?? ""
        }
        var item: [String: Any]? { json["Item"] as? [String: Any] }
        /// The string attribute `v` of the item.
        var value: String? { (item?["v"] as? [String: String])?["S"] }
        /// The fake upstream's number of the write that made the item.
        var itemSequence: Int? { (item?["seq"] as? [String: String])?["N"].flatMap { Int($0) } }
        /// The fake upstream's number of the write that this call made.
        var writtenSequence: Int? { headers["x-amzn-test-sequence"].flatMap { Int($0) } }
    }

    private let port: Int
    private let credentials: SigningCredentials
    private let signer = RequestSigner()
    private var descriptor: Int32 = -1
    private var buffer: [UInt8] = []
    /// Region of the credential scope.
    var region = "us-east-1"
    /// Seconds by which this client's clock is ahead.
    var clockOffset: Int64 = 0
    var contentType = "application/x-amz-json-1.0"
    /// False: neither signs nor says who calls.
    var isSigned = true

    init(port: Int, accessKeyID: String, secret: String) {
        self.port = port
        credentials = SigningCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: SecretKey(Array(secret.utf8)),
            sessionToken: nil
        )
    }

    deinit {
        disconnect()
    }

    func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        buffer.removeAll()
    }

    /// Signs, sends and reads the answer.
    func call(_ operation: String, _ json: String, api: String = "DynamoDB_20120810") throws -> Reply {
        try send(operation, json, api: api)
        return try receive()
    }

    /// Signs and sends, without waiting for the answer.
    ///
    /// `headers` are sent too, unsigned.
    func send(
        _ operation: String,
        _ json: String,
        api: String = "DynamoDB_20120810",
        headers: [String: String] = [:]
    ) throws {
        try send(operation, body: Array(json.utf8), api: api, headers: headers)
    }

    /// The same of any bytes.
    func send(
        _ operation: String,
        body: [UInt8],
        api: String = "DynamoDB_20120810",
        headers: [String: String] = [:]
    ) throws {
        let host = "127.0.0.1:\(port)"
        let target = "\(api).\(operation)"
        let signed = body.withUnsafeBytes { body in
            signer.sign(
                method: "POST",
                path: "/",
                headers: [
                    (name: "content-type", value: contentType),
                    (name: "host", value: host),
                    (name: "x-amz-target", value: target),
                ],
                body: body,
                credentials: credentials,
                region: region,
                now: Int64(time(nil)) + clockOffset
            )
        }
        let further = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let signature = "X-Amz-Date: \(signed.date)\r\nAuthorization: \(signed.authorization)\r\n"
        let head = """
            POST / HTTP/1.1\r
            Host: \(host)\r
            Content-Type: \(contentType)\r
            X-Amz-Target: \(target)\r
            \(isSigned ? signature : "")\(further)Content-Length: \(body.count)\r
            \r

            """
        try sendRaw(Array(head.utf8) + body)
    }

    /// A request that is none of DynamoDB's.
    func raw(_ method: String, _ path: String, _ body: String = "") throws -> Reply {
        let head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try sendRaw(Array((head + body).utf8))
        return try receive()
    }

    /// Sends bytes as they are, connecting first if need be.
    func sendRaw(_ bytes: [UInt8]) throws {
        if descriptor < 0 { try connect() }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw TestFailure("the proxy closed the connection") }
            offset += count
        }
    }

    private func connect() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw TestFailure("no connection to the proxy: \(errno)") }
    }

    /// Reads one answer.
    func receive() throws -> Reply {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = buffer.firstRange(of: end) {
                let lines = String(decoding: buffer[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts.last?.trimmingCharacters(in: .whitespaces)
                }
                let length = Int(headers["content-length"] ?? "") ?? 0
                while buffer.count < head.upperBound + length { try fill() }
                let body = Array(buffer[head.upperBound..<(head.upperBound + length)])
                buffer.removeFirst(head.upperBound + length)
                let status = Int(lines[0].split(separator: " ")[1]) ?? 0
                if headers["connection"] == "close" { disconnect() }
                return Reply(status: status, headers: headers, body: body)
            }
            try fill()
        }
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw TestFailure("the proxy closed the connection without an answer") }
        buffer += chunk[..<count]
    }

    /// True when the proxy has closed the connection.
    func isClosedByPeer() -> Bool {
        (try? fill()) == nil
    }
}

/// The calls that coherence tests make.
extension TestClient {
    func get(_ key: String, table: String = "things", consistent: Bool = false) throws -> Reply {
        try call("GetItem", Self.getBody(key, table: table, consistent: consistent))
    }

    static func getBody(_ key: String, table: String = "things", consistent: Bool = false) -> String {
        """
        {"TableName":"\(table)","Key":{"id":{"S":"\(key)"}}\(consistent ? ",\"ConsistentRead\":true" : "")}
        """
    }

    func put(_ key: String, _ value: String, table: String = "things") throws -> Reply {
        try call("PutItem", Self.putBody(key, value, table: table))
    }

    static func putBody(_ key: String, _ value: String, table: String = "things") -> String {
        """
        {"TableName":"\(table)","Item":{"id":{"S":"\(key)"},"v":{"S":"\(value)"}}}
        """
    }

    func delete(_ key: String, table: String = "things") throws -> Reply {
        try call("DeleteItem", "{\"TableName\":\"\(table)\",\"Key\":{\"id\":{\"S\":\"\(key)\"}}}")
    }

    func update(_ key: String, _ value: String, condition: Bool = false) throws -> Reply {
        try call(
            "UpdateItem",
            """
            {"TableName":"things","Key":{"id":{"S":"\(key)"}},"UpdateExpression":"SET v = :v",\
            \(condition ? "\"ConditionExpression\":\"attribute_exists(id)\"," : "")\
            "ExpressionAttributeValues":{":v":{"S":"\(value)"}}}
            """
        )
    }
}
