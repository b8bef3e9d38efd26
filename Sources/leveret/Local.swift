import ArgumentParser
import Foundation
import Logging
import Proxy

/// `leveret local`: the embedded store alone, as a local DynamoDB.
struct Local: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a local DynamoDB.",
        usage: "leveret local [--data <file>] [--port <port>] [--service <file>]",
        discussion: """
            The embedded store alone, on this machine only: no proxy, no cache, no upstream. Requests must be signed, \
            but any access key will do. Without --data everything is in memory, and gone when it stops.

            GET and PUT http://127.0.0.1:<port>/_leveret/service show and change how the service behaves (throughput, \
            latency, faults), as does the file of --service, which SIGHUP reads again; docs/local.md explains it.

            SIGTERM or SIGINT: finish what is in flight, exit 0; a second one ends it at once. \
            Exit code 1: could not start; 2: mistakes in the service file; 64: wrong usage.
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp("Keep the data in this file. (default: in memory)", valueName: "file"),
        completion: .file()
    )
    var data: String?

    @Option(name: .long, help: ArgumentHelp("The port to listen on; 0 for a free one.", valueName: "port"))
    var port: UInt16 = 8000

    @Option(name: .long, help: ArgumentHelp("The loopback address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        name: .long,
        help: ArgumentHelp("How the service behaves, as YAML.", valueName: "file"),
        completion: .file()
    )
    var service: String?

    @Option(name: .long, help: ArgumentHelp("Log lines from this level on.", valueName: "level"))
    var logLevel: LogLevelArgument?

    func validate() throws {
        _ = try configuration(EmbeddedSettings(file: data))
    }

    func run() throws {
        Signals.block()
        var settings = EmbeddedSettings(file: data)
        if let service {
            settings.service = try ConfigurationFile.reading(service) { () throws(ConfigurationError) in
                try ServiceFile.load(service)
            }
        }
        var configuration = try configuration(settings)
        if let logLevel { configuration.log.level = logLevel.level }
        let reload: Supervisor.Reload = service.map { .service(file: $0) } ?? .nothing
        try Running(
            configuration: configuration,
            announcement: "leveret local: data \(data.map { "in \($0)" } ?? "in memory, gone when it stops")",
            reload: reload
        ).run()
    }

    private func configuration(_ settings: EmbeddedSettings) throws -> Configuration {
        do throws(Configuration.DevelopmentProblem) {
            return try Configuration.local(settings, host: host, port: Int(port))
        } catch {
            throw ValidationError(error.description)
        }
    }
}
