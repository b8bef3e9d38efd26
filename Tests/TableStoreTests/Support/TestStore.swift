import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// A store in memory, driven as the store's thread drives it.
final class TestStore {
    private(set) var engine: Engine

    /// What the store takes for now: milliseconds since 1970.
    var now: Int64 = 1_700_000_000_123

    /// Opens a store; `file` keeps it in a file.
    init(file: String? = nil) throws {
        engine = try Engine(storage: Storage(file: file), identity: StoreIdentity())
    }

    /// Runs an operation in a transaction of its own; returns the reply's bytes.
    @discardableResult
    func perform(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws(ErrorReply) -> [UInt8] {
        engine.now = now
        try engine.storage.begin()
        do {
            let reply = try engine.perform(operation, body)
            try engine.storage.commit()
            return reply
        } catch {
            let hasFailed = engine.storage.failure != nil
            engine.storage.rollback()
            if hasFailed { try engine.reload() }
            throw error
        }
    }

    /// Runs an operation by its name; returns the reply, `null` for an empty one.
    @discardableResult
    func call(_ operation: String, _ body: String = "{}") throws -> JSON {
        guard let operation = DynamoDB.Operation(rawValue: operation) else { throw JSON.NotJSON() }
        let reply = try perform(operation, Array(body.utf8))
        return reply.isEmpty ? .null : try JSON(reply)
    }

    /// Expects that an operation is refused with an error of this name (`ValidationException`) and this message.
    func expectError(
        _ operation: String,
        _ body: String,
        _ name: String,
        _ message: String?,
        at location: SourceLocation = #_sourceLocation
    ) {
        do {
            let reply = try call(operation, body)
            Issue.record("\(operation) answered \(reply)", sourceLocation: location)
        } catch let error as ErrorReply {
            #expect(error.name == name, sourceLocation: location)
            #expect(error.message == message, sourceLocation: location)
        } catch {
            Issue.record("\(error)", sourceLocation: location)
        }
    }

    /// Reads the catalog again, as at the next start.
    func reload() throws {
        try engine.reload()
    }
}
