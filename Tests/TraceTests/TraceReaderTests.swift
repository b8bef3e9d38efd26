import Foundation
import Testing
import Trace

/// A file that is removed with its owner.
final class TemporaryFile {
    let path: String

    init(_ bytes: some Sequence<UInt8> = [], name: String = "trace.csv") throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leveret-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent(name).path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit {
        try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
}

@Suite("Trace reader")
struct TraceReaderTests {
    private func read(_ text: String) throws -> [TraceRequest] {
        try read(Array(text.utf8))
    }

    private func read(_ bytes: [UInt8]) throws -> [TraceRequest] {
        let file = try TemporaryFile(bytes)
        return try requests(file.path)
    }

    /// What is wrong, without the file's name.
    private func problem(_ text: String) throws -> String {
        let file = try TemporaryFile(text.utf8)
        do {
            let read = try requests(file.path)
            return "none, but \(read.count) requests"
        } catch let error as TraceError {
            return error.description.replacingOccurrences(of: file.path + ": ", with: "")
        }
    }

    @Test("Fields, with and without a header, whatever ends the lines")
    func fields() throws {
        let lines = ["1.5,g,alpha,5,100,0", "2,SET,alpha,5,200,60", "", "3.000000001,Delete,7,8,0,0.5"]
        for header in [[], ["ts,op,key,key_size,value_size,ttl"]] {
            for end in ["\n", "\r\n"] {
                for isClosed in [true, false] {
                    let text = (header + lines).joined(separator: end) + (isClosed ? end : "")
                    let requests = try read(text)
                    try #require(requests.count == 3)
                    #expect(requests.map(\.time) == [1_500_000_000, 2_000_000_000, 3_000_000_001])
                    #expect(requests.map(\.operation) == [.read, .write, .delete])
                    #expect(requests[0].key == requests[1].key)
                    #expect(requests[0].key != requests[2].key)
                    #expect(requests.map(\.keySize) == [5, 5, 8])
                    #expect(requests.map(\.valueSize) == [100, 200, 0])
                    #expect(requests.map(\.timeToLive) == [0, 60, 1])
                    #expect(requests[1].size == 205)
                }
            }
        }
    }

    @Test(
        "Operations by any of their names",
        arguments: [("g", 0), ("GET", 0), ("s", 1), ("Set", 1), ("put", 1), ("d", 2), ("del", 2), ("DELETE", 2)]
    )
    func operations(_ name: String, _ expected: UInt8) throws {
        #expect(try read("0,\(name),k,1,1,0").map(\.operation.rawValue) == [expected])
    }

    @Test("Keys are told apart by their whole text")
    func keys() throws {
        var names = ["7", "07", "a", "A", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaab", "ключ", "k\"", " k", "k "]
        names += (0..<2_000).map { "user-\($0)" } + (0..<2_000).map { "\($0)" }.filter { $0 != "7" }
        let requests = try read(names.map { "0,g,\($0),8,1,0\n" }.joined())
        #expect(requests.count == names.count)
        #expect(Set(requests.map(\.key)).count == names.count)
    }

    @Test(
        "A malformed line is named",
        arguments: [
            ("x,g,k,1,1,0", "line 1: ts 'x' is not a number of seconds"),
            ("1,g,k,1,1,0\n\n1.2.3,g,k,1,1,0", "line 3: ts '1.2.3' is not a number of seconds"),
            (".,g,k,1,1,0", "line 1: ts '.' is not a number of seconds"),
            ("-1,g,k,1,1,0", "line 1: ts '-1' is not a number of seconds"),
            ("99999999999999999999999,g,k,1,1,0", "line 1: ts '99999999999999999999999' is too large"),
            ("1,x,k,1,1,0", "line 1: op 'x' is none of g, s, d, get, set, put, del, delete"),
            ("1,gets,k,1,1,0", "line 1: op 'gets' is none of g, s, d, get, set, put, del, delete"),
            ("1,deletes,k,1,1,0", "line 1: op 'deletes' is none of g, s, d, get, set, put, del, delete"),
            ("1,,k,1,1,0", "line 1: op '' is none of g, s, d, get, set, put, del, delete"),
            ("1,g,,1,1,0", "line 1: key is empty"),
            ("1,g,k,,1,0", "line 1: key_size is empty"),
            ("1,g,k,65536,1,0", "line 1: key_size '65536' is more than 65535"),
            ("1,g,k,1,4294967296,0", "line 1: value_size '4294967296' is more than 4294967295"),
            ("1,g,k,1,99999999999999999,0", "line 1: value_size '99999999999999999' is more than 4294967295"),
            ("1,g,k,1,1e3,0", "line 1: value_size '1e3' is not a number of bytes"),
            ("1,g,k,1,1,", "line 1: ttl '' is not a number of seconds"),
            ("1,g,k,1,1", "line 1: ttl is missing"),
            ("1,g", "line 1: key is missing"),
            ("1,g,k,1,1,0,", "line 1: it has more than 6 fields"),
            ("1,g,a,b,1,1,0", "line 1: key_size 'b' is not a number of bytes"),
            ("1,g,k,1,1,0\nts,op,key,key_size,value_size,ttl", "line 2: ts 'ts' is not a number of seconds"),
            ("\u{1}\u{7F},g,k,1,1,0", "line 1: ts '??' is not a number of seconds"),
        ]
    )
    func malformed(_ text: String, _ expected: String) throws {
        #expect(try problem(text) == expected)
    }

    @Test("Keys and lines are bounded")
    func bounds() throws {
        let longest = String(repeating: "k", count: 4_096)
        #expect(try read("0,g,\(longest),1,1,0\n").count == 1)
        #expect(try problem("0,g,\(longest)k,1,1,0\n") == "line 1: key is longer than 4096 bytes")
        let endless = "0,g,k,1,1,0\n" + String(repeating: "x", count: 3 << 20)
        #expect(try problem(endless) == "line 2: it is longer than 8192 bytes")
        #expect(try problem(endless + "\n") == "line 2: it is longer than 8192 bytes")
        #expect(try problem(String(repeating: ",", count: 8_193)) == "line 1: it is longer than 8192 bytes")
    }

    @Test("Times and lives that are too large end at the largest")
    func clamped() throws {
        let requests = try read("18446744073,g,k,1,1,4294967296\n99999999999,g,k,1,1,18446744073709551615.5")
        #expect(requests.map(\.timeToLive) == [.max, .max])
        #expect(requests.map(\.time) == [18_446_744_073_000_000_000, .max - 1])
    }

    @Test(
        "Nothing, a header only, and blank lines only are no requests",
        arguments: ["", "\n\r\n\n", "ts, op, KEY,key_size,value_size,ttl\n"]
    )
    func empty(_ text: String) throws {
        #expect(try read(text).isEmpty)
    }

    @Test("A trace longer than all buffers")
    func long() throws {
        let text = (0..<100_000).map { "\($0),g,\($0 % 977),16,\($0 % 5_000),0\n" }.joined()
        let requests = try read(text)
        #expect(requests.count == 100_000)
        #expect(requests.indices.allSatisfy { requests[$0].valueSize == $0 % 5_000 })
        #expect(requests.indices.allSatisfy { requests[$0].time == UInt64($0) * 1_000_000_000 })
    }

    @Test("A file that is not there, a folder, and other compressed files")
    func unreadable() throws {
        let file = try TemporaryFile([0x1F, 0x8B, 8, 0])
        #expect(throws: TraceError(file: file.path + "x", problem: "no such file or directory")) {
            try requests(file.path + "x")
        }
        #expect(throws: TraceError(file: "/tmp", problem: "is a directory")) { try requests("/tmp") }
        let problem = "it is compressed with gzip; decompress it and pipe it in: --trace -"
        #expect(throws: TraceError(file: file.path, problem: problem)) { try requests(file.path) }
    }
}

/// All of a trace.
func requests(_ path: String) throws -> [TraceRequest] {
    let reader = try TraceReader(path: path)
    var requests: [TraceRequest] = []
    while let request = try reader.next() { requests.append(request) }
    return requests
}
