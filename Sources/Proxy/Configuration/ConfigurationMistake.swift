/// One thing that is wrong in a configuration file, where, and how to mend it.
public struct ConfigurationMistake: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path as it was given.
    public var file: String
    /// Counted from 1; 0 when the mistake is about the whole file.
    public var line: Int
    /// Counted from 1, in Unicode scalars.
    public var column: Int
    /// The key's path, for example `tenants[0].cache.ttl`; empty for the whole file.
    public var path: String
    /// What is wrong.
    ///
    /// Never contains a secret or the value of an environment variable.
    public var problem: String
    /// What to do about it.
    public var remedy: String

    /// The mistake as `file:line:column: path: problem; remedy`.
    public var description: String {
        var text = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
        if !path.isEmpty { text += "\(path): " }
        return "\(text)\(problem); \(remedy)"
    }
}

/// Everything that is wrong in a configuration file.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// In the order of their lines; never empty.
    public var mistakes: [ConfigurationMistake]

    /// One mistake a line.
    public var description: String {
        mistakes.map(\.description).joined(separator: "\n")
    }
}
