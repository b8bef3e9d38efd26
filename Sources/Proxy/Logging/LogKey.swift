public import Logging

/// What a log line may tell besides its message.
///
/// There is no key for secrets, request bodies, keys or items.
public enum LogKey: String, Sendable, CaseIterable {
    /// An address the proxy listens on, or a client's.
    case address
    /// A number of bytes.
    case bytes
    /// Number of connections.
    case connections
    /// A number of things the message names.
    case count
    /// Number of tenants whose miss-ratio curves go on.
    case curves
    /// How long something took or will take.
    case duration
    /// An upstream's URL.
    case endpoint
    /// Why something failed, in words that reveal no secret.
    case error
    /// A file's path.
    case file
    /// Number of keys whose use is remembered without their items.
    case frequencies
    /// Number of cached items.
    case items
    /// How many lines like this one were left out before it.
    case omitted
    /// A DynamoDB operation's name.
    case operation
    /// A TCP port.
    case port
    /// The number of a reactor thread.
    case reactor
    /// A throughput over another.
    case ratio
    /// A named reason, such as why a reply did not come from the cache.
    case reason
    /// AWS' name of a region.
    case region
    /// How many replies were given, by their cache status.
    case replies
    /// The x-amzn-RequestId of a request.
    case requestID = "request_id"
    /// The number of a round of the allocation.
    case round
    /// A Unix signal's name.
    case signal
    /// An HTTP status.
    case status
    /// A table's name.
    case table
    /// A tenant's name.
    case tenant
    /// An upstream's name.
    case upstream
    /// The program's version.
    case version
}

extension Logger {
    /// Logs at debug level; neither argument is evaluated when that level is off.
    public func debug(_ message: @autoclosure () -> Message, fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(level: .debug, message(), metadata: Self.metadata(fields()))
    }

    /// Logs at info level; neither argument is evaluated when that level is off.
    public func info(_ message: @autoclosure () -> Message, fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(level: .info, message(), metadata: Self.metadata(fields()))
    }

    /// Logs at warning level; neither argument is evaluated when that level is off.
    public func warning(_ message: @autoclosure () -> Message, fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(level: .warning, message(), metadata: Self.metadata(fields()))
    }

    /// Logs at error level; neither argument is evaluated when that level is off.
    public func error(_ message: @autoclosure () -> Message, fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(level: .error, message(), metadata: Self.metadata(fields()))
    }

    private static func metadata(_ fields: [LogKey: MetadataValue]) -> Metadata {
        Metadata(uniqueKeysWithValues: fields.map { ($0.rawValue, $1) })
    }
}
