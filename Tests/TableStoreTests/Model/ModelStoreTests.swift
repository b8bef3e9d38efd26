import Foundation
import Testing

/// Random operations on a store and on the model of DynamoDB, reply by reply.
///
/// `LEVERET_STORE_OPERATIONS` says how many operations there are in all, `LEVERET_STORE_SEED` which ones.
@Suite struct ModelStoreTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let operations = environment["LEVERET_STORE_OPERATIONS"].flatMap { Int($0) } ?? 50_000
    private static let seed = environment["LEVERET_STORE_SEED"].flatMap { UInt64($0) } ?? 1

    private static let tables: [ModelTable] = [.plain, .indexed, .binary, .numeric]

    @Test(arguments: 0..<4)
    func aStoreInMemoryDoesWhatTheModelDoes(part: Int) throws {
        let seed = Self.seed &+ UInt64(part)
        try Self.run(Self.operations * 22 / 100, ModelGenerator(seed: seed), Self.tables)
    }

    @Test func aStoreInAFileDoesWhatTheModelDoesThroughRestarts() throws {
        try Self.run(Self.operations * 12 / 100, ModelGenerator(seed: Self.seed &+ 4, isInFile: true), Self.tables)
    }

    @Test func aStoreOfLargeItemsDoesWhatTheModelDoes() throws {
        try Self.run(
            Self.operations / 250,
            ModelGenerator(seed: Self.seed &+ 5, isLarge: true),
            [.plain, .binary]
        )
    }

    private static func run(_ count: Int, _ generator: ModelGenerator, _ tables: [ModelTable]) throws {
        var generator = generator
        let runner = try ModelRunner(tables, isInFile: generator.isInFile)
        var done: [ModelOperation] = []
        for number in 0..<count {
            let operation = generator.operation(runner.model)
            done.append(operation)
            do {
                try runner.perform(operation)
            } catch {
                let story = ModelStory(tables: tables, isInFile: generator.isInFile, operations: done)
                Issue.record(
                    """
                    LEVERET_STORE_SEED=\(seed) LEVERET_STORE_OPERATIONS=\(operations), operation \(number + 1): \(error)
                    \(story.shrunk())
                    """
                )
                return
            }
        }
        try runner.verify()
        // Most operations are to succeed, and some are not.
        let refused = runner.refusals.values.reduce(0, +)
        #expect(refused * 100 >= 5 * count && refused * 100 <= 30 * count, "\(runner.refusals) of \(count)")
        if environment["LEVERET_STORE_OPERATIONS"] != nil {
            print("\(count) operations, \(runner.requests) requests, refused \(runner.refusals)")
        }
    }
}
