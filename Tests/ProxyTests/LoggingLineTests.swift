import Foundation
import Logging
import Testing

@testable import Proxy

@Suite struct LoggingLineTests {
    private let time = Timestamp(seconds: 1_700_000_000, milliseconds: 7)

    private func line(
        _ format: LogFormat,
        _ message: String,
        _ fields: Logger.Metadata = [:],
        level: Logger.Level = .info
    ) -> String {
        let bytes = LogLine.bytes(format, at: time, level: level, message: message, fields: fields)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func text() {
        #expect(
            line(.text, "listening", ["port": "8000", "address": "127.0.0.1"])
                == "time=2023-11-14T22:13:20.007Z level=info message=listening address=127.0.0.1 port=8000\n"
        )
        #expect(line(.text, "two words", ["a": ""]).hasSuffix(" message=\"two words\" a=\"\"\n"))
        #expect(line(.text, "", level: .error).hasSuffix(" level=error message=\"\"\n"))
        #expect(line(.text, "a=b", ["x": "say \"hi\" \\"]).hasSuffix(" message=\"a=b\" x=\"say \\\"hi\\\" \\\\\"\n"))
    }

    @Test func json() throws {
        let text = line(
            .json,
            "a \"b\"\n\u{1B}[31mé🐇",
            ["port": "8000", "time": "never", "k": ["a", "b"]],
            level: .warning
        )
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
        #expect(
            object == [
                "time": "2023-11-14T22:13:20.007Z", "level": "warning", "message": "a \"b\"\n\u{1B}[31mé🐇",
                "port": "8000",
                "_time": "never", "k": "[\"a\", \"b\"]",
            ]
        )
        #expect(text.hasPrefix("{\"time\":\"2023-11-14T22:13:20.007Z\",\"level\":\"warning\",\"message\":"))
    }

    /// Whatever a message, a key or a value holds, it stays one line and cannot pass for another field.
    @Test(
        arguments: [
            "\n", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\0", "\u{1B}[2J", "\u{7F}", "\u{9B}", "\u{202E}",
            "\u{FEFF}",
            "x\ntime=1 level=error message=forged", "\" level=error message=\"forged", "\\\" level=error", "a b=c",
        ]
    )
    func nothingIsInjected(text: String) throws {
        for format in LogFormat.allCases {
            let line = line(format, "m\(text)", ["key\(text)": "v\(text)"])
            #expect(line.unicodeScalars.filter { $0.properties.generalCategory == .control } == ["\n"])
            #expect(line.hasSuffix("\n"))
            #expect(line.unicodeScalars.allSatisfy { !(0x2028...0x202E).contains($0.value) && $0.value != 0xFEFF })
            if format == .json {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
                #expect(object?["message"] == "m\(text)" && object?["level"] == "info" && object?.count == 4)
            } else {
                #expect(fields(line).map { $0.prefix { $0 != "=" } }.prefix(3) == ["time", "level", "message"])
                #expect(fields(line).count == 4)
            }
        }
    }

    /// What a logfmt reader sees: words outside of quotes.
    private func fields(_ line: String) -> [String] {
        var result = [""]
        var isQuoted = false
        var isEscaped = false
        for character in line.dropLast() {
            if character == " ", !isQuoted { result.append("") } else { result[result.count - 1].append(character) }
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            }
        }
        return result
    }

    @Test(arguments: ["x", "\u{1B}", "\"", "é", "🐇", "\u{2028}", "👩‍👩‍👧"])
    func longLinesAreCut(unit: String) throws {
        for format in LogFormat.allCases {
            let long = String(repeating: unit, count: 9000)
            var metadata: Logger.Metadata = [:]
            for index in 0..<50 { metadata["key\(index)"] = "\(long)" }
            let text = line(format, long, metadata)
            #expect(text.utf8.count <= LogLine.maximumBytes)
            #expect(text.hasSuffix("\n") && text.unicodeScalars.filter { $0 == "\n" }.count == 1)
            #expect(text.contains("key0") && text.contains("…") && !text.contains("\u{FFFD}"))
            if format == .json { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"), (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"), (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"), (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        ] as [(Int64, String)]
    )
    func timestamps(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds, milliseconds: 0).text == text)
    }
}
