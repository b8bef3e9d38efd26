/// The text of `Date` (RFC 9110, 5.6.7), written anew once a second.
@safe
final class DateText {
    private static let length = 29
    private static let days: StaticString = "ThuFriSatSunMonTueWed"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private let text: UnsafeMutableBufferPointer<UInt8>
    private var second = Int64.min

    init() {
        unsafe text = .allocate(capacity: DateText.length)
        unsafe text.initialize(repeating: ASCII.space)
    }

    deinit {
        unsafe text.deallocate()
    }

    /// "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next call.
    func bytes(at second: Int64) -> UnsafeRawBufferPointer {
        if second != self.second {
            self.second = second
            write(max(0, second))
        }
        return unsafe UnsafeRawBufferPointer(text)
    }

    private func write(_ second: Int64) {
        let day = Int(second / 86_400)
        let time = Int(second % 86_400)
        let date = DateText.civil(day)
        unsafe put(0, DateText.days.utf8Start + day % 7 * 3, 3)
        put(3, ", ")
        putDecimal(5, date.day, 2)
        put(7, " ")
        unsafe put(8, DateText.months.utf8Start + (date.month - 1) * 3, 3)
        put(11, " ")
        putDecimal(12, date.year, 4)
        put(16, " ")
        putDecimal(17, time / 3600, 2)
        put(19, ":")
        putDecimal(20, time / 60 % 60, 2)
        put(22, ":")
        putDecimal(23, time % 60, 2)
        put(25, " GMT")
    }

    private func put(_ place: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) {
        for index in 0..<count {
            unsafe text[place + index] = bytes[index]
        }
    }

    private func put(_ place: Int, _ string: StaticString) {
        unsafe put(place, string.utf8Start, string.utf8CodeUnitCount)
    }

    private func putDecimal(_ place: Int, _ value: Int, _ digits: Int) {
        var rest = value
        for index in stride(from: place + digits - 1, through: place, by: -1) {
            unsafe text[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Days since 1970 as a date of the Gregorian calendar, counting eras of 400 years that begin in March
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    static func civil(_ daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

/// The first line of a reply.
enum StatusLine {
    static func write(_ status: Int, to output: OutputBuffer) {
        output.append("HTTP/1.1 ")
        output.append(decimal: UInt64(clamping: status))
        output.append(" ")
        output.append(reason(status))
        output.append("\r\n")
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: ""
        }
    }
}
