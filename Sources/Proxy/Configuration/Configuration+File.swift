/// A configuration, and what its file could say better.
public struct LoadedConfiguration: Sendable {
    /// What the file says.
    public var configuration: Configuration
    /// Nothing that keeps the proxy from starting.
    public var warnings: [ConfigurationMistake]

    /// A configuration made without a file has no warnings.
    public init(configuration: Configuration, warnings: [ConfigurationMistake] = []) {
        self.configuration = configuration
        self.warnings = warnings
    }
}

extension Configuration {
    /// Reads a configuration file.
    ///
    /// Everything that is wrong in it is thrown at once; other files it names are checked for being readable only.
    public static func load(
        file path: String,
        environment: @escaping (String) -> String? = Configuration.environmentVariable
    ) throws(ConfigurationError) -> LoadedConfiguration {
        let reading = Reading(file: path, environment: environment)
        var configuration = Configuration()
        try reading.run(reading.contents()) { value in
            if let value {
                if let section = value.section(ConfigurationKeys.file) { configuration.read(section) }
            } else {
                reading.mistake(.wholeFile, "", "the file is empty", "begin with upstreams: and tenants:")
            }
        }
        return LoadedConfiguration(configuration: configuration, warnings: Reading.inLineOrder(reading.warnings))
    }
}

extension Reading {
    /// Reads a text with `body`, which gets nil for an empty one; throws all that was found wrong.
    func run(_ text: String?, _ body: (YAMLValue?) -> Void) throws(ConfigurationError) {
        if let text {
            do throws(YAMLDocument.Problem) {
                let (root, duplicates) = try YAMLDocument.compose(text)
                for duplicate in duplicates {
                    mistake(duplicate.place, "", duplicate.problem, "keep one of them")
                }
                let value = root.map { YAMLValue(node: $0, path: "", reading: self) }
                body(value?.isNull == true ? nil : value)
            } catch {
                mistake(error.place, "", error.problem, "mend the YAML here or just above: indentation, quotes, colons")
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: Self.inLineOrder(mistakes)) }
    }

    /// The file's text; nil, and a mistake, when it can't be read.
    func contents() -> String? {
        do throws(FileProblem) {
            var bytes = try Files.read(file, limit: 4 << 20)[...]
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            mistake(.wholeFile, "", "the file is not UTF-8", "save it as UTF-8")
        } catch {
            mistake(.wholeFile, "", "cannot be read: \(error.reason)", "correct the path or the file's permissions")
        }
        return nil
    }

    static func inLineOrder(_ mistakes: [ConfigurationMistake]) -> [ConfigurationMistake] {
        mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
