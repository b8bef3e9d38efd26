import Foundation
import Replay
import Synchronization

/// A line on the terminal that says how far a long task has come; nothing when standard error is no terminal.
final class ProgressLine: Sendable {
    private struct State {
        var task = ""
        var begin = MonotonicTime.now()
        var shown = MonotonicTime.now()
        var width = 0
    }

    private static let isTerminal = isatty(STDERR_FILENO) == 1
    /// Nanoseconds before the line first appears, and between two changes.
    private static let interval: UInt64 = 250_000_000
    private let state = Mutex(State())

    /// Tells how far it is.
    func update(_ step: ReplayStep) {
        guard Self.isTerminal else { return }
        let now = MonotonicTime.now()
        state.withLock { state in
            if state.task != step.task {
                state.task = step.task
                state.begin = now
            }
            guard now - state.shown >= Self.interval else { return }
            state.shown = now
            let seconds = max(0.001, Double(now - state.begin) / 1e9)
            let percent = step.done.map { " \(Int(min(1, $0) * 100)) %," } ?? ""
            let rate = Self.millions(Int(Double(step.requests) / seconds))
            let text = "\(step.task):\(percent) \(Self.millions(step.requests)) requests, \(rate) a second"
            Self.write("\r" + text + String(repeating: " ", count: max(0, state.width - text.count)))
            state.width = text.count
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.width > 0 { Self.write("\r" + String(repeating: " ", count: state.width) + "\r") }
            state.width = 0
        }
    }

    private static func millions(_ count: Int) -> String {
        count < 1_000_000 ? "\(count)" : "\(count / 1_000_000).\(count / 100_000 % 10) M"
    }

    private static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

/// Nanoseconds of a clock that never goes back.
enum MonotonicTime {
    static func now() -> UInt64 {
        DispatchTime.now().uptimeNanoseconds
    }
}

/// What ends a command that runs for a while.
enum Interruption {
    /// SIGINT, SIGTERM and SIGHUP end the program, after `tidy`; a closed pipe is an error where it is written to.
    static func endsProgram(after tidy: @escaping @Sendable () -> Void) {
        Signals.block()
        Thread.detachNewThread {
            let signal = Signals.next()
            tidy()
            // The shell's convention for a process ended by a signal.
            _exit(128 + signal)
        }
    }
}
