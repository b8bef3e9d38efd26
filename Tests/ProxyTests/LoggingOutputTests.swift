import Foundation
import Logging
import Testing

@testable import Proxy

/// A pipe whose reading end is read without waiting.
private final class TestPipe {
    let pipe = Pipe()
    var writeEnd: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    /// Everything written so far.
    func drain() -> String {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { result += chunk[..<count] }
        return String(decoding: result, as: UTF8.self)
    }

    func lines() -> [String] { drain().split(separator: "\n").map(String.init) }
}

@Suite struct LoggingOutputTests {
    @Test func levelsAndFields() {
        let pipe = TestPipe()
        let output = LogOutput(descriptor: pipe.writeEnd, settings: LogSettings(level: .info, format: .text))
        var logger = output.logger(label: "test")
        logger[metadataKey: LogKey.tenant.rawValue] = "orders"
        logger.debug("not written", fields: [.port: "1"])
        logger.info("one", fields: [.port: "1", .requestID: "R"])
        logger.warning("two", fields: [.tenant: "other"])
        let lines = pipe.lines()
        #expect(
            lines.map { $0.drop { $0 != " " } } == [
                " level=info message=one port=1 request_id=R tenant=orders",
                " level=warning message=two tenant=other",
            ]
        )
    }

    @Test func settingsChangeUnderLivingLoggers() {
        let pipe = TestPipe()
        let output = LogOutput(descriptor: pipe.writeEnd, settings: LogSettings(level: .error))
        let logger = output.logger(label: "test")
        var own = logger
        own.logLevel = .critical
        logger.info("lost")
        output.apply(LogSettings(level: .debug, format: .json))
        logger.debug("kept")
        own.error("lost")
        let lines = pipe.lines()
        #expect(lines.count == 1 && lines[0].hasPrefix("{\"time\":") && lines[0].contains("\"kept\""))
    }

    @Test func aStalledReaderLosesLinesButBlocksNobody() {
        let pipe = TestPipe()
        let logger = LogOutput(descriptor: pipe.writeEnd).logger(label: "test")
        let text = String(repeating: "x", count: 900)
        // More than a pipe holds, so that this ends only when nothing waits for the reader.
        for index in 0..<1000 { logger.info("\(text)", metadata: ["index": "\(index)"]) }
        let before = pipe.lines()
        #expect(before.count > 10 && before.count < 1000)
        #expect(before.allSatisfy { $0.hasPrefix("time=") && $0.contains(text) })
        logger.info("again")
        let after = pipe.lines()
        #expect(after.count == 2)
        #expect(after.first?.contains("log lines were lost") == true)
        #expect(after.first?.hasSuffix("count=\(1000 - before.count)") == true)
        #expect(after.last?.hasSuffix("message=again") == true)
    }

    @Test func aClosedReaderIsNoError() {
        signal(SIGPIPE, SIG_IGN)
        let pipe = TestPipe()
        let logger = LogOutput(descriptor: pipe.writeEnd).logger(label: "test")
        try? pipe.pipe.fileHandleForReading.close()
        for _ in 0..<10 { logger.info("nobody reads this") }
    }

    @Test func manyThreadsWriteWholeLines() {
        let pipe = TestPipe()
        let logger = LogOutput(descriptor: pipe.writeEnd).logger(label: "test")
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for index in 0..<20 { logger.info("a b", metadata: ["line": "\(thread).\(index)"]) }
        }
        let lines = pipe.lines()
        #expect(Set(lines.map { $0.drop { $0 != " " } }).count == 160)
        #expect(lines.allSatisfy { $0.hasPrefix("time=") && $0.contains(" level=info message=\"a b\" line=") })
    }

    @Test func keysAreWords() {
        for key in LogKey.allCases {
            #expect(key.rawValue.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") })
            #expect(!["time", "level", "message"].contains(key.rawValue))
        }
    }
}
