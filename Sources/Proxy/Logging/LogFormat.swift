/// How a log line looks.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `time=… level=… message="…" key=value`, for people and logfmt readers.
    case text
    /// One JSON object.
    case json
}
