import Glibc
public import Logging
import Synchronization

/// Where log lines go, and which: one for the process, shared by all its loggers.
///
/// A line is written whole, by one call. When nobody reads the other end, a writer waits 50 ms once; from then on lines
/// are dropped until one goes through again, which says how many were lost.
public final class LogOutput: Sendable {
    private struct State {
        var format: LogFormat
        var dropped = 0
        /// The last write stopped inside a line.
        var isBroken = false
    }

    private let descriptor: Int32
    private let state: Mutex<State>
    private let level: Atomic<Int>

    /// Writes to a descriptor that stays open for as long as this object lives; by default standard error.
    public init(descriptor: Int32 = 2, settings: LogSettings = LogSettings()) {
        self.descriptor = descriptor
        state = Mutex(State(format: settings.format))
        level = Atomic(Self.index(of: settings.level))
    }

    /// Changes level and format of all loggers; lines being written are not affected.
    public func apply(_ settings: LogSettings) {
        state.withLock { $0.format = settings.format }
        level.store(Self.index(of: settings.level), ordering: .relaxed)
    }

    /// A logger that writes here.
    public func logger(label: String) -> Logger {
        Logger(label: label) { _ in StructuredLogHandler(output: self) }
    }

    var logLevel: Logger.Level { Logger.Level.allCases[level.load(ordering: .relaxed)] }

    func write(at time: Timestamp, level: Logger.Level, message: String, fields: Logger.Metadata) {
        state.withLock { state in
            if state.dropped > 0 {
                let notice = LogLine.bytes(
                    state.format,
                    at: time,
                    level: .warning,
                    message: "log lines were lost because nobody read them",
                    fields: [LogKey.count.rawValue: "\(state.dropped)"]
                )
                guard write(notice, &state) else {
                    state.dropped += 1
                    return
                }
                state.dropped = 0
            }
            let line = LogLine.bytes(state.format, at: time, level: level, message: message, fields: fields)
            if !write(line, &state) { state.dropped += 1 }
        }
    }

    private func write(_ line: [UInt8], _ state: inout State) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // A descriptor that poll calls writable takes a line this short without blocking.
        guard unsafe Glibc.poll(&poll, 1, state.dropped > 0 ? 0 : 50) == 1, poll.revents == Int16(POLLOUT) else {
            return false
        }
        let bytes = state.isBroken ? [UInt8(ascii: "\n")] + line : line
        let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
        guard written > 0 else { return false }
        state.isBroken = written < bytes.count
        return true
    }

    private static func index(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
