import Foundation
import LoadGenerator

/// Tells on standard error how far a run is: a live line on a terminal, or a line that stays for each interval.
final class BenchProgress {
    private let names: [String]
    private let isVerbose: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var width = 0

    init(names: [String], isVerbose: Bool) {
        self.names = names
        self.isVerbose = isVerbose
    }

    func show(_ event: BenchmarkEvent) {
        switch event {
        case .loading(let tenant, let done, let total): live("\(tenant): loaded \(done) of \(total) items")
        case .preparing: live("signing requests")
        case .interval(let seconds, let length, let warmup, let tenants):
            let head = String(format: "%8.1f s%@", seconds, warmup ? " (warm-up)" : "")
            let parts = zip(names, tenants).map { Self.text($0, $1, length) }
            if isVerbose {
                for part in parts { StandardError.write("\(head)  \(part)") }
            } else {
                live(head + "  " + parts.joined(separator: "  |  "))
            }
        }
    }

    /// Takes the live line away.
    func clear() {
        if width > 0 { write("\r\u{1B}[K") }
        width = 0
    }

    private static func text(_ name: String, _ tally: IntervalTally, _ length: Double) -> String {
        guard tally.succeeded > 0 else { return "\(name) 0 ops/s" + (tally.problem.map { " " + $0 } ?? "") }
        var text = String(
            format: "%@ %.0f ops/s p50 %.2f p99 %.2f ms",
            name,
            Double(tally.succeeded) / length,
            Double(tally.median) / 1e6,
            Double(tally.p99) / 1e6
        )
        let replies = tally.hits + tally.others
        if replies > 0 { text += String(format: " hits %.1f%%", 100 * Double(tally.hits) / Double(replies)) }
        if tally.throttled > 0 { text += " throttled \(tally.throttled)" }
        if tally.failed > tally.throttled { text += " failed \(tally.failed - tally.throttled)" }
        return text
    }

    private func live(_ text: String) {
        guard isTerminal, !isVerbose else { return }
        var size = winsize()
        let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col >= 20
        let columns = isKnown ? Int(size.ws_col) : 80
        let shown = text.prefix(columns - 1)
        width = shown.count
        write("\r\u{1B}[K" + shown)
    }

    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
