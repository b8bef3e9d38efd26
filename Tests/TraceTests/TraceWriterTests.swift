import Foundation
import Testing
import Trace

@Suite("Trace writer")
struct TraceWriterTests {
    private func fresh() throws -> TemporaryFile {
        let file = try TemporaryFile()
        try FileManager.default.removeItem(atPath: file.path)
        return file
    }

    @Test("What is written can be read")
    func roundTrip() throws {
        let file = try fresh()
        var written: [TraceRequest] = []
        var count = 0
        do {
            var writer = try TraceWriter(creating: file.path)
            for number in 0..<10_000 as Range<UInt64> {
                let request = TraceRequest(
                    time: 1_700_000_000_000_000_000 + number * 1_234_567,
                    operation: [.read, .write, .delete][Int(number % 3)],
                    key: (number % 100) &* 0x9E37_79B9_7F4A_7C15,
                    keySize: UInt16(number % 70),
                    valueSize: number == 5 ? .max : UInt32(number * 3),
                    timeToLive: number == 6 ? .max : UInt32(number % 7)
                )
                try writer.append(request)
                written.append(request)
            }
            try writer.flush()
            count = writer.count
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)).count == count)
        let read = try requests(file.path)
        #expect(read.count == written.count)
        #expect(Set(read.map(\.key)).count == 100)
        for (read, written) in zip(read, written) {
            #expect(read.time == written.time / 1_000_000 * 1_000_000)
            #expect(read.operation == written.operation)
            #expect(read.size == written.size)
            #expect(read.timeToLive == written.timeToLive)
        }
    }

    @Test("One's own file, and a new one")
    func file() throws {
        let file = try fresh()
        var writer = try TraceWriter(creating: file.path)
        try writer.append(TraceRequest(time: 12_003_999_999, key: 0xAB, keySize: 3, valueSize: 0))
        try writer.flush()
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(text == "ts,op,key,key_size,value_size,ttl\n12.003,g,00000000000000ab,3,0,0\n")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: TraceError(file: file.path, problem: "file exists")) {
            _ = try TraceWriter(creating: file.path)
        }
    }

    @Test("A file that cannot be made")
    func refused() throws {
        #expect(throws: TraceError(file: "/dev/full", problem: "file exists")) {
            _ = try TraceWriter(creating: "/dev/full")
        }
        #expect(throws: TraceError(file: "/nowhere/trace.csv", problem: "no such file or directory")) {
            _ = try TraceWriter(creating: "/nowhere/trace.csv")
        }
    }
}
