import Foundation

/// The signals that steer a running proxy.
///
/// They are blocked in every thread and taken by one that waits for them, so that nothing ever runs inside a signal
/// handler.
enum Signals {
    static let steering = [SIGTERM, SIGINT, SIGHUP]

    /// To be called before any other thread starts: threads inherit what is blocked.
    ///
    /// A closed connection or pipe, and a file that may not grow, are errors where they are written to, not the end of
    /// the program.
    static func block() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var set = signalSet()
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next steering signal.
    static func next() -> Int32 {
        var set = signalSet()
        var signal: Int32 = 0
        while unsafe sigwait(&set, &signal) != 0 {}
        return signal
    }

    /// `SIGTERM` and so on.
    static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGHUP: "SIGHUP"
        default: "\(signal)"
        }
    }

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in steering { _ = unsafe sigaddset(&set, signal) }
        return set
    }
}
