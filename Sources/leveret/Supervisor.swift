import Foundation
import Logging
import Proxy

/// Does what signals ask of a running proxy: the first SIGTERM or SIGINT stops it gracefully, the second ends the
/// process at once, SIGHUP reads the configuration again.
struct Supervisor: Sendable {
    var server: ProxyServer
    var output: LogOutput
    var logger: Logger
    var reload: Reload

    /// What SIGHUP does.
    enum Reload: Sendable {
        /// Reads the configuration again; a log level of the command line goes before the file's.
        case configuration(file: String, logLevel: Logger.Level?)
        /// Reads again how the embedded store is to behave.
        case service(file: String)
        /// Nothing: no file was given.
        case nothing
    }

    /// Starts a thread that takes the signals.
    func start() {
        Thread.detachNewThread { run() }
    }

    private func run() {
        var isStopping = false
        while true {
            let signal = Signals.next()
            if signal == SIGHUP {
                if !isStopping { readAgain() }
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
    private func readAgain() {
        switch reload {
        case .nothing:
            logger.warning("nothing to reload: there is no configuration file", fields: [:])
        case .configuration(let file, let logLevel):
            do throws(ConfigurationError) {
                var loaded = try Configuration.load(file: file)
                if let logLevel { loaded.configuration.log.level = logLevel }
                for warning in loaded.warnings { logger.warning("\(warning)", fields: [.file: "\(file)"]) }
                apply(loaded.configuration, from: file)
            } catch {
                report(error, of: file)
            }
        case .service(let file):
            do throws(ConfigurationError) {
                server.service = try ServiceFile.load(file)
                logger.info("service settings reloaded", fields: [.file: "\(file)"])
            } catch {
                report(error, of: file)
            }
        }
    }

    private func report(_ error: ConfigurationError, of file: String) {
        for mistake in error.mistakes { logger.error("\(mistake)", fields: [.file: "\(file)"]) }
        let fields: [LogKey: Logger.MetadataValue] = [.file: "\(file)", .count: "\(error.mistakes.count)"]
        logger.error("configuration not reloaded; the old one stays", fields: fields)
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
