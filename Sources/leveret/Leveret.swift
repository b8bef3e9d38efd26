import ArgumentParser

/// The `leveret` program.
@main
struct Leveret: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leveret",
        abstract: "A caching proxy for DynamoDB.",
        discussion: """
            Point an unmodified AWS SDK at it (endpoint_url); it verifies requests, answers cached reads from memory, \
            keeps them coherent with writes, and forwards the rest.
            """,
        version: "leveret \(Self.version)",
        subcommands: [
            Serve.self, Local.self, CheckConfig.self, Simulate.self, ReplayCommand.self, MissRatioCurve.self,
            Bench.self,
        ]
    )

    /// The version `--version` tells.
    static let version = "0.1.0"
}
