import Foundation
import Testing
import Trace

@Suite("Compressed traces")
struct XZTests {
    /// `ts,op,key,key_size,value_size,ttl\n1,g,a,8,10,0\n2,g,b,8,20,0\n`, compressed by Python's lzma.
    private static let first =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AA7ADVdADocwYWSEAVN8Ov1s+kCh8EvhDNCz4sV3waxNAkKJbwhP9Se"
        + "MIDwekTLSIWAKrnSqC5+roqAAAAAAMtZOOFtW/4qAAFRPLmlSawftvN9AQAAAAAEWVo="
    /// `3,g,c,8,30,0\n`, likewise.
    private static let second =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAMMyxnLGMsOCwzMCwwCgAAAABjlVje1ZZQzQABJQ1xGcS2H7bzfQEA"
        + "AAAABFla"

    private func bytes(_ text: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: text)))
    }

    private func read(_ bytes: [UInt8], name: String = "trace.csv") throws -> [UInt32] {
        let file = try TemporaryFile(bytes, name: name)
        return try requests(file.path).map(\.valueSize)
    }

    private func problem(_ bytes: [UInt8]) throws -> String {
        let file = try TemporaryFile(bytes, name: "trace.csv.xz")
        do {
            _ = try requests(file.path)
            return "none"
        } catch let error as TraceError {
            return error.problem
        }
    }

    @Test("Told by its first bytes, whatever its name", arguments: ["trace.csv.xz", "trace.csv", "trace"])
    func names(_ name: String) throws {
        #expect(try read(bytes(Self.first), name: name) == [10, 20])
    }

    @Test("A plain file may be called .xz")
    func plain() throws {
        #expect(try read(Array("1,g,a,8,10,0\n".utf8), name: "trace.csv.xz") == [10])
    }

    @Test("Streams one after the other, padded or not")
    func concatenated() throws {
        let (first, second) = try (bytes(Self.first), bytes(Self.second))
        #expect(try read(first + second) == [10, 20, 30])
        #expect(try read(first + [0, 0, 0, 0] + second + [0, 0, 0, 0, 0, 0, 0, 0]) == [10, 20, 30])
    }

    @Test("Cut off anywhere, it is an error and not the end")
    func truncated() throws {
        let whole = try bytes(Self.first)
        for count in 3..<whole.count {
            #expect(try problem(Array(whole[..<count])) == "the compressed data is cut off", "\(count) bytes")
        }
        let two = try whole + bytes(Self.second)
        for count in [whole.count + 1, whole.count + 20, two.count - 1] {
            #expect(try problem(Array(two[..<count])) == "the compressed data is cut off", "\(count) bytes")
        }
    }

    @Test("No byte can be changed without being noticed")
    func corrupt() throws {
        let whole = try bytes(Self.first)
        for index in whole.indices.dropFirst(6) {
            var changed = whole
            changed[index] ^= 0x41
            #expect(try problem(changed) != "none", "byte \(index)")
        }
    }

    @Test("What follows must be .xz too")
    func trailing() throws {
        let garbage = Array("garbage, not .xz".utf8)
        #expect(try problem(bytes(Self.first) + garbage) == "the compressed data is corrupt")
        #expect(try problem(bytes(Self.first) + [0, 0, 0]) != "none")
    }
}
