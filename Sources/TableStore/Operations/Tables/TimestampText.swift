/// Times as DynamoDB writes them in text.
enum TimestampText {
    private static let millisecondsPerDay: Int64 = 86_400_000

    /// Milliseconds since 1970 as a stream's label, `2015-07-25T00:48:05.899`.
    static func label(_ time: Int64) -> String {
        let (days, rest) = max(0, time).quotientAndRemainder(dividingBy: millisecondsPerDay)
        let (year, month, day) = civil(days)
        let seconds = rest / 1000
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(date)T\(clock).\(padded(rest % 1000, 3))"
    }

    /// Milliseconds since 1970 as messages have them, `Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal Time`.
    static func long(_ time: Int64) -> String {
        let (days, rest) = max(0, time).quotientAndRemainder(dividingBy: millisecondsPerDay)
        let (year, month, day) = civil(days)
        let seconds = rest / 1000
        let hour = (seconds / 3600 + 11) % 12 + 1
        let clock =
            "\(hour):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)) \(seconds < 43_200 ? "AM" : "PM")"
        let date = "\(weekdays[Int(days % 7)]), \(months[Int(month - 1)]) \(day), \(year)"
        return "\(date) at \(clock) Coordinated Universal Time"
    }

    /// From 1 January 1970 on.
    private static let weekdays = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The date of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    private static func civil(_ daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
