import ArgumentParser
import Proxy

/// `leveret check-config`: says everything that is wrong in a file, without starting anything.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a configuration file.",
        discussion: """
            Prints 'ok' and a summary when the proxy could start with the file, or each mistake with its line and how to \
            mend it on standard error. Environment variables the file names must be set as they will be for 'serve'. \
            Exit code 0: ok; 2: mistakes.
            """
    )

    @Argument(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
    var file: String

    func run() throws {
        let loaded = try ConfigurationFile.load(file)
        for warning in loaded.warnings { StandardError.write("warning: \(warning)") }
        print("\(file): ok")
        print(loaded.configuration.summary)
    }
}

/// What the commands do with a configuration file.
enum ConfigurationFile {
    /// Exit code for a file with mistakes.
    static let mistaken = ExitCode(2)

    /// Prints the mistakes and ends the program when there are any.
    static func load(_ path: String) throws -> LoadedConfiguration {
        try reading(path) { () throws(ConfigurationError) in try Configuration.load(file: path) }
    }

    /// The same for any file that is read with `body`.
    static func reading<Result>(
        _ path: String,
        _ body: () throws(ConfigurationError) -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch {
            StandardError.write(error.description)
            let count = error.mistakes.count
            StandardError.write("\(path): \(count) \(count == 1 ? "mistake" : "mistakes")")
            throw mistaken
        }
    }
}
