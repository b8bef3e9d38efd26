import Foundation
import Testing

@testable import SigV4

@Suite struct TimestampTests {
    @Test(arguments: [
        ("19700101T000000Z", 0), ("20150830T123600Z", 1_440_938_160), ("20240229T235959Z", 1_709_251_199),
        ("20000229T000000Z", 951_782_400), ("00000101T000000Z", -62_167_219_200),
        ("99991231T235959Z", 253_402_300_799), ("19691231T235959Z", -1),
    ])
    func readsAndWrites(text: String, seconds: Int64) {
        #expect(Self.seconds(text) == seconds)
        #expect(Timestamp.text(seconds) == text)
    }

    @Test(arguments: [
        "", "201", "20150830T123600", "20150830T123600z", "2015-08-30T12:36:00Z", "20150830 123600Z",
        "20151301T000000Z", "20150001T000000Z", "20150800T000000Z", "20150832T000000Z", "20230229T000000Z",
        "19000229T000000Z", "20150830T240000Z", "20150830T006000Z", "20150830T000060Z", "2015083xT000000Z",
        "20150830T123600ZZ", "+0150830T123600Z",
    ])
    func refuses(text: String) {
        #expect(Self.seconds(text) == nil)
    }

    @Test func agreesWithFoundation() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let seconds = Int64.random(in: 0..<16_000_000_000, using: &generator)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds))
            )
            let text = Timestamp.text(seconds)
            #expect(Int(text.prefix(4)) == parts.year)
            #expect(Int(text.dropFirst(4).prefix(2)) == parts.month)
            #expect(Int(text.dropFirst(6).prefix(2)) == parts.day)
            #expect(Int(text.dropFirst(9).prefix(2)) == parts.hour)
            #expect(Int(text.dropFirst(11).prefix(2)) == parts.minute)
            #expect(Int(text.dropFirst(13).prefix(2)) == parts.second)
            #expect(Self.seconds(text) == seconds)
        }
    }

    @Test func clampsWhatHasNoFourDigitYear() {
        #expect(Timestamp.text(.max) == "99991231T235959Z")
        #expect(Timestamp.text(.min) == "00000101T000000Z")
    }

    private static func seconds(_ text: String) -> Int64? {
        Array(text.utf8).withBytes { text in Timestamp.seconds(text) }
    }
}
