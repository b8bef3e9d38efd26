import Foundation
import Logging
import Proxy

/// Does what signals ask of a running proxy: the first SIGTERM or SIGINT stops it gracefully, the second ends the
/// process at once, SIGHUP reads the configuration again.
struct Supervisor: Sendable {
    var server: ProxyServer
    var output: LogOutput
    var logger: Logger
    /// Nil under `--dev`.
    var file: String?
    var logLevel: Logger.Level?

    /// Starts a thread that takes the signals.
    func start() {
        Thread.detachNewThread { run() }
    }

    private func run() {
        var isStopping = false
        while true {
            let signal = Signals.next()
            if signal == SIGHUP {
                if !isStopping { reload() }
            } else if isStopping {
                // The shell's convention for a process ended by a signal.
                _exit(128 + signal)
            } else {
                isStopping = true
                logger.info("stopping", fields: [.signal: "\(Signals.name(signal))"])
                server.stop()
            }
        }
    }

    /// A file with mistakes changes nothing.
    private func reload() {
        guard let file else {
            logger.warning("nothing to reload: there is no configuration file", fields: [:])
            return
        }
        do throws(ConfigurationError) {
            var loaded = try Configuration.load(file: file)
            if let logLevel { loaded.configuration.log.level = logLevel }
            for warning in loaded.warnings { logger.warning("\(warning)", fields: [.file: "\(file)"]) }
            apply(loaded.configuration, from: file)
        } catch {
            for mistake in error.mistakes { logger.error("\(mistake)", fields: [.file: "\(file)"]) }
            let count = error.mistakes.count
            logger.error(
                "configuration not reloaded; the old one stays",
                fields: [.file: "\(file)", .count: "\(count)"]
            )
        }
    }

    private func apply(_ configuration: Configuration, from file: String) {
        do {
            try server.reload(configuration)
            output.apply(configuration.log)
            logger.info("configuration reloaded", fields: [.file: "\(file)"])
        } catch {
            let fields: [LogKey: Logger.MetadataValue] = [.file: "\(file)", .error: "\(error)"]
            logger.error("configuration not reloaded; the old one stays", fields: fields)
        }
    }
}
