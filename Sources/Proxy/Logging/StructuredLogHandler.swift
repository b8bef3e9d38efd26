public import Logging

/// Turns swift-log's events into the lines of a ``LogOutput``.
public struct StructuredLogHandler: LogHandler {
    /// Fields of every line of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Adds fields that depend on the task.
    public var metadataProvider: Logger.MetadataProvider?
    private let output: LogOutput
    private var ownLevel: Logger.Level?

    /// Level and format are the output's, also when they change later.
    public init(output: LogOutput) {
        self.output = output
    }

    /// The output's level, unless this logger was given its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.logLevel }
        set { ownLevel = newValue }
    }

    /// One field of every line of this logger.
    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    ///
    /// The more specific of two fields with one key wins.
    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        output.write(at: .now, level: event.level, message: "\(event.message)", fields: fields)
    }
}
