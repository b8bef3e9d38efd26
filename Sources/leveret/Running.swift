import ArgumentParser
import Foundation
import Logging
import Proxy

/// Runs a proxy in the foreground until a signal stops it.
struct Running {
    var configuration: Configuration
    var warnings: [ConfigurationMistake] = []
    /// Written to standard error when it has started, before the log.
    var announcement: String?
    /// What SIGHUP does.
    var reload: Supervisor.Reload

    /// Binds, serves, and returns when all is done.
    func run() throws {
        let output = LogOutput(settings: configuration.log)
        let logger = output.logger(label: "leveret")
        for warning in warnings { logger.warning("\(warning)", fields: [:]) }
        OpenFiles.raiseLimit()

        let server = try start(logger)
        if let announcement { StandardError.write(announcement) }
        Supervisor(server: server, output: output, logger: logger, reload: reload).start()
        for (listener, port) in zip(configuration.listeners, server.ports) {
            let address = Listener(host: listener.host, port: port).address
            logger.info("listening", fields: [.address: "\(address)", .version: "\(Leveret.version)"])
        }
        if let admin = configuration.admin, let port = server.adminPort {
            let address = Listener(host: admin.listener.host, port: port).address
            logger.info("admin API listening", fields: [.address: "\(address)"])
        }
        server.run()
    }

    /// A proxy that cannot start ends the program with one line and exit code 1.
    private func start(_ logger: Logger) throws -> ProxyServer {
        do {
            return try ProxyServer(configuration: configuration, logger: logger)
        } catch {
            let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            StandardError.write("leveret: \(reason)")
            throw ExitCode(1)
        }
    }
}
