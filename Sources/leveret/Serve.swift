import ArgumentParser
import Foundation
import Logging
import Proxy

/// `leveret serve`: runs the proxy until a signal stops it.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the proxy.",
        usage: """
            leveret serve --config <file>
            leveret serve --dev [--upstream <url> | --data <file>] [--listen <address>] [--cache <size>]
            """,
        discussion: """
            With --config it serves the tenants of a configuration file. With --dev it needs no file: it stands in front \
            of its own embedded store, or of a local DynamoDB (DynamoDB Local, moto, ministack), on this machine only, \
            and checks no signature.

            SIGTERM or SIGINT: stop accepting, finish what is in flight, exit 0; a second one ends it at once. \
            SIGHUP: read configuration and certificates again; a file with mistakes changes nothing. \
            Exit code 1: could not start; 2: mistakes in the configuration file; 64: wrong usage.
            """
    )

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
    var config: String?

    @Flag(name: .long, help: "Development: no configuration file, no signature checks, loopback only.")
    var dev = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --dev: the endpoint to forward to. (default: the embedded store, in memory)",
            valueName: "url"
        )
    )
    var upstream: String?

    @Option(
        name: .long,
        help: ArgumentHelp("With --dev: keep the embedded store's data in this file.", valueName: "file"),
        completion: .file()
    )
    var data: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --dev: the loopback address to accept connections on. (default: 127.0.0.1:8000)",
            valueName: "address"
        )
    )
    var listen: String?

    @Option(name: .long, help: ArgumentHelp("With --dev: bytes for the cache. (default: 256MiB)", valueName: "size"))
    var cache: String?

    @Option(name: .long, help: ArgumentHelp("Log lines from this level on.", valueName: "level"))
    var logLevel: LogLevelArgument?

    func validate() throws {
        switch (dev, config) {
        case (true, nil): _ = try development()
        case (true, _?): throw ValidationError("--dev and --config exclude each other: give one of them")
        case (false, nil):
            throw ValidationError("give --config FILE, or --dev to try it without a file")
        case (false, _?):
            let options = [("--upstream", upstream), ("--data", data), ("--listen", listen), ("--cache", cache)]
            if let option = options.first(where: { $0.1 != nil }) {
                throw ValidationError("\(option.0) goes with --dev; with --config the file says it")
            }
        }
    }

    func run() throws {
        Signals.block()
        var loaded = try load()
        if let logLevel { loaded.configuration.log.level = logLevel.level }
        let reload = config.map { Supervisor.Reload.configuration(file: $0, logLevel: logLevel?.level) }
        try Running(
            configuration: loaded.configuration,
            warnings: loaded.warnings,
            announcement: loaded.configuration.development.map(Self.announcement),
            reload: reload ?? .nothing
        ).run()
    }

    private func load() throws -> LoadedConfiguration {
        if let config { return try ConfigurationFile.load(config) }
        return LoadedConfiguration(configuration: try development())
    }

    private func development() throws -> Configuration {
        let isEmbedded = upstream == nil || upstream == UpstreamSettings.embeddedName
        guard isEmbedded || data == nil else {
            throw ValidationError("--data is the embedded store's file: leave out --upstream")
        }
        do throws(Configuration.DevelopmentProblem) {
            return try Configuration.development(
                upstream: isEmbedded ? .embedded(EmbeddedSettings(file: data)) : .endpoint(upstream ?? ""),
                listen: listen ?? "127.0.0.1:8000",
                cache: cache ?? "256MiB"
            )
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func announcement(_ development: DevelopmentSettings) -> String {
        let upstream =
            switch development.upstream {
            case .endpoint(let url): "Forwarding to \(url)."
            case .embedded(let settings): "Data: \(settings.file ?? "in memory, gone when it stops")."
            }
        return """
            *** leveret: DEVELOPMENT MODE ***
            *** No signature is checked: whoever reaches this port may do everything. ***
            *** \(upstream) For production use --config. ***
            """
    }
}

/// A log level on the command line.
struct LogLevelArgument: ExpressibleByArgument {
    var level: Logger.Level

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}

/// The number of descriptors the process may have.
enum OpenFiles {
    /// As many as the system allows: each connection needs one, and the usual soft limit is 1024.
    static func raiseLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
