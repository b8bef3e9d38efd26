private import Glibc

/// Numbers as text.
enum Decimals {
    /// So many digits behind the point.
    static func text(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let scale = pow(10, Double(digits))
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let number = UInt64(scaled)
        let sign = value < 0 && number > 0 ? "-" : ""
        guard digits > 0 else { return sign + "\(number)" }
        let fraction = String(number % UInt64(scale))
        return sign + "\(number / UInt64(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// At the right of a column.
    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// A latency with its unit, three digits or so.
    static func latency(_ nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds)
        return switch nanoseconds {
        case ..<100_000: text(value / 1e3, 1) + "us"
        case ..<1_000_000: text(value / 1e3, 0) + "us"
        case ..<100_000_000: text(value / 1e6, 2) + "ms"
        case ..<1_000_000_000: text(value / 1e6, 0) + "ms"
        default: text(value / 1e9, 2) + "s"
        }
    }
}
