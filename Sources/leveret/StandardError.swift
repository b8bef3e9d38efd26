import Foundation

/// Lines for people on standard error, outside the log.
enum StandardError {
    /// A line feed is added.
    static func write(_ text: String) {
        // Nobody is left to tell when standard error itself fails.
        try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8))
    }
}
