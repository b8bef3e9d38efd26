import Glibc
import Testing

@testable import Transport

struct ReplyHeadTests {
    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    @Test func writesDates() {
        let date = DateText()
        #expect(text(date.bytes(at: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(text(date.bytes(at: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(text(date.bytes(at: -1)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    /// Every day of 400 years, against the C library.
    @Test func datesAreThoseOfTheCLibrary() {
        for day in 0..<146_097 {
            var time = day * 86_400
            var fields = tm()
            gmtime_r(&time, &fields)
            let date = DateText.civil(day)
            guard date == (Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)) else {
                Issue.record("day \(day): \(date)")
                return
            }
        }
    }

    @Test func writesDecimals() {
        let output = OutputBuffer()
        for value: UInt64 in [0, 9, 10, 99, 100, 12_345, .max] {
            output.truncate(to: 0)
            output.append(decimal: value)
            #expect(text(output.bytes(from: 0)) == "\(value)")
        }
    }

    @Test func outputGrowsAndKeepsItsBytes() {
        let output = OutputBuffer()
        let block = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for _ in 0..<3000 {
            block.withUnsafeBytes { output.append($0) }
        }
        #expect(output.count == 3_000_000)
        #expect(output.bytes(from: 2_999_000).elementsEqual(block))
        output.truncate(to: 1000)
        #expect(output.bytes(from: 0).elementsEqual(block))
        output.truncate(to: 0)
        output.append("again")
        #expect(text(output.bytes(from: 0)) == "again")
    }

    @Test func everyStatusHasALine() {
        let output = OutputBuffer()
        StatusLine.write(200, to: output)
        StatusLine.write(299, to: output)
        StatusLine.write(-1, to: output)
        #expect(text(output.bytes(from: 0)) == "HTTP/1.1 200 OK\r\nHTTP/1.1 299 \r\nHTTP/1.1 0 \r\n")
    }
}
