import DynamoDB
import Testing

@testable import TableStore

@Suite struct EngineTests {
    @Test func anUnknownTableIsNotFound() throws {
        let engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        #expect(throws: ErrorReply.resourceNotFound()) { try engine.table(named: "Music") }
    }
}
