/// The `YYYYMMDDTHHMMSSZ` form of a time, which SigV4 uses throughout (ISO 8601's basic format).
enum Timestamp {
    static let length = 16

    /// Seconds since 1970; nil for any other form, or a day or time that does not exist.
    static func seconds(_ text: Bytes) -> Int64? {
        guard text.count == length else { return nil }
        // Eight bytes at a time: YYYYMMDD, then T and six digits and Z, of which the digits are moved behind two zeros.
        let date = text.word(0)
        let time = text.word(8)
        let clock = (time >> 8) << 16 | 0x3030
        guard UInt8(truncatingIfNeeded: time) == UInt8(ascii: "T"), UInt8(time >> 56) == UInt8(ascii: "Z"),
            isDecimal(date), isDecimal(clock)
        else { return nil }
        let (day, month, year) = (number(date) % 100, number(date) / 100 % 100, number(date) / 10_000)
        let (second, minute, hour) = (number(clock) % 100, number(clock) / 100 % 100, number(clock) / 10_000)
        guard (1...12).contains(month), day >= 1, day <= days(inMonth: month, year: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    }

    /// Whether eight bytes are all digits.
    private static func isDecimal(_ word: UInt64) -> Bool {
        let high: UInt64 = 0xf0f0_f0f0_f0f0_f0f0
        let threes: UInt64 = 0x3030_3030_3030_3030
        return word & high == threes && (word &+ 0x0606_0606_0606_0606) & high == threes
    }

    /// The number that eight digits make, the first one lowest in the word: neighbours are joined to pairs, pairs to fours,
    /// fours to the whole.
    static func number(_ word: UInt64) -> Int64 {
        let pairs = ((word & 0x0f0f_0f0f_0f0f_0f0f) &* (10 << 8 + 1)) >> 8
        let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* (100 << 16 + 1)) >> 16
        return Int64(((fours & 0x0000_ffff_0000_ffff) &* (10_000 << 32 + 1)) >> 32)
    }

    /// The text of a time in the years 0 to 9999; times outside become the nearest of them.
    static func text(_ seconds: Int64) -> String {
        let seconds = max(-62_167_219_200, min(253_402_300_799, seconds))
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - day * 86_400
        let (year, month, dayOfMonth) = date(day)
        return digits(year, 4) + digits(month, 2) + digits(dayOfMonth, 2) + "T"
            + digits(time / 3600, 2) + digits(time / 60 % 60, 2) + digits(time % 60, 2) + "Z"
    }

    private static func digits(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func days(inMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Days since 1970 and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", with years that begin in
    // March, in eras of 400 years.

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
