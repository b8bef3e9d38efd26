import DynamoDB
import Foundation
import Synchronization

@testable import Proxy

/// Keeps the calls that reach a fake upstream.
final class CallRecorder: Sendable {
    private let calls = Mutex<[FakeDynamoDB.Call]>([])

    fileprivate func add(_ call: FakeDynamoDB.Call) {
        calls.withLock { $0.append(call) }
    }

    /// All calls, in the order in which they came.
    var all: [FakeDynamoDB.Call] { calls.withLock { $0 } }

    func of(_ operation: String) -> [FakeDynamoDB.Call] {
        all.filter { $0.operation == operation }
    }
}

extension FakeDynamoDB {
    /// Records the calls from now on; `plan` says what is done with each.
    func record(_ plan: @escaping @Sendable (Call) -> Plan = { _ in Plan() }) -> CallRecorder {
        let recorder = CallRecorder()
        script { call in
            recorder.add(call)
            return plan(call)
        }
        return recorder
    }

    /// Holds every call of an operation, once applied, at the gate `gate`.
    func hold(_ operation: String, ending: Ending = .answer) {
        script { call in
            guard call.operation == operation else { return Plan() }
            return Plan(beforeReply: .gate("gate"), ending: ending)
        }
    }
}

extension FakeDynamoDB.Plan {
    /// Answers with this, and applies nothing.
    static func reply(_ body: String) -> FakeDynamoDB.Plan {
        reply(200, body)
    }

    /// Answers with this, and applies nothing.
    static func reply(_ status: Int, _ body: String, headers: [String: String] = [:]) -> FakeDynamoDB.Plan {
        FakeDynamoDB.Plan(isApplied: false, ending: .error(status: status, body: body), headers: headers)
    }
}

extension FakeDynamoDB.Call {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension TestClient.Reply {
    /// Whether the body is the same JSON, whatever the order of members.
    func isJSON(_ text: String) -> Bool {
        guard let other = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] else {
            return false
        }
        return NSDictionary(dictionary: json).isEqual(to: other)
    }

    /// Whether `x-amz-crc32` is the body's.
    var checksumHolds: Bool {
        headers["x-amz-crc32"] == "\(body.withUnsafeBytes { CRC32.checksum($0) })"
    }

    /// Whether there is a request id of DynamoDB's form.
    var hasRequestID: Bool {
        let id = headers["x-amzn-requestid"] ?? ""
        return id.count == 52 && id.allSatisfy { "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains($0) }
    }
}
