import Foundation
import Logging
import Testing
import Trace

@testable import Proxy

@Suite("Recording of traces")
struct TraceRecorderTests {
    /// A path at which nothing is, removed with what comes to be there.
    private final class FreshPath {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("leveret-\(UUID()).csv").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var exists: Bool { FileManager.default.fileExists(atPath: path) }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func read(_ path: String) throws -> [TraceRequest] {
        let reader = try TraceReader(path: path)
        var requests: [TraceRequest] = []
        while let request = try reader.next() { requests.append(request) }
        return requests
    }

    private func batch(_ count: Int) -> [TraceRequest] {
        (0..<count).map { TraceRequest(time: 1_700_000_000_000_000_000, key: UInt64($0), keySize: 8, valueSize: 9) }
    }

    @Test("What is submitted is in the file at the end, in order")
    func order() throws {
        let file = FreshPath()
        let recorder = try TraceRecorder(TraceSettings(path: file.path), logger: Self.quiet)
        for size in 0..<50 { recorder.submit(batch(size)) }
        recorder.finish()
        recorder.submit(batch(1))
        recorder.finish()
        #expect(try read(file.path).count == 49 * 50 / 2)
    }

    @Test("A recording in which nothing is leaves no file")
    func nothing() throws {
        let file = FreshPath()
        let recorder = try TraceRecorder(TraceSettings(path: file.path), logger: Self.quiet)
        #expect(file.exists)
        recorder.finish()
        #expect(!file.exists)
    }

    @Test("It ends at its full size")
    func full() throws {
        let file = FreshPath()
        let recorder = try TraceRecorder(TraceSettings(path: file.path, maxSize: 10_000), logger: Self.quiet)
        for _ in 0..<100 { recorder.submit(batch(100)) }
        recorder.finish()
        #expect(!recorder.isRecording)
        let size = try #require(FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
        #expect((10_000..<10_100).contains(size))
        #expect(try read(file.path).count > 100)
    }

    @Test("More than can wait is dropped, not waited for")
    func flood() throws {
        let file = FreshPath()
        let recorder = try TraceRecorder(TraceSettings(path: file.path), logger: Self.quiet)
        // More than may wait, whatever has been written meanwhile.
        recorder.submit(batch(300_000))
        recorder.submit(batch(10))
        recorder.finish()
        #expect(try read(file.path).count == 10)
    }

    @Test("A file that is there, and a folder that is not")
    func refused() throws {
        let file = FreshPath()
        try Data().write(to: URL(fileURLWithPath: file.path))
        #expect(throws: ServerError.self) {
            try TraceRecorder(TraceSettings(path: file.path), logger: Self.quiet)
        }
        #expect(throws: ServerError.self) {
            try TraceRecorder(TraceSettings(path: "/nowhere/trace.csv"), logger: Self.quiet)
        }
    }

    @Test("A key's hash depends on the tenant, the table and the recording")
    func hashes() throws {
        var hashes: Set<UInt64> = []
        for _ in 0..<2 {
            let file = FreshPath()
            let recorder = try TraceRecorder(TraceSettings(path: file.path), logger: Self.quiet)
            for tenant in 0..<3 as Range<UInt32> {
                for table in 0..<3 as Range<UInt32> {
                    for key in ["", "a", "b"] {
                        hashes.insert(
                            Array(key.utf8).withUnsafeBytes {
                                recorder.hash(tenant: tenant, table: table, canonical: $0)
                            }
                        )
                    }
                }
            }
            let again = [UInt8(ascii: "a")].withUnsafeBytes { recorder.hash(tenant: 0, table: 0, canonical: $0) }
            #expect(hashes.contains(again))
            recorder.finish()
        }
        #expect(hashes.count == 54)
    }

    @Test("A proxy records the reads its cache could answer, and the writes")
    func proxy() throws {
        let file = FreshPath()
        let fixture = try ProxyFixture(reactors: 1, adjust: { $0.trace = TraceSettings(path: file.path) })
        let (one, two) = (fixture.client("one"), fixture.client("two"))
        _ = try one.put("a", "text")
        for client in [one, one, two] { _ = try client.get("a") }
        _ = try one.get("a", consistent: true)
        _ = try one.get("nobody")
        _ = try one.update("a", "other")
        _ = try one.delete("a")
        fixture.stopProxy()

        let requests = try read(file.path)
        #expect(requests.map(\.operation) == [.write, .read, .read, .read, .read, .write, .delete])
        let keys = requests.map(\.key)
        #expect(Set(keys) == [keys[0], keys[3], keys[4]] && Set(keys).count == 3)
        #expect(keys[1] == keys[0] && keys[2] == keys[0] && keys[5] == keys[0] && keys[6] == keys[0])
        #expect(requests[1].valueSize > 10 && requests[1].valueSize == requests[2].valueSize)
        #expect(requests[0].valueSize > 10)
        #expect(requests[4...].allSatisfy { $0.valueSize == 0 })
        #expect(requests.allSatisfy { $0.keySize > 0 && $0.timeToLive > 0 })
        let wall = UInt64(Date().timeIntervalSince1970) * 1_000_000_000
        #expect(requests.allSatisfy { $0.time > wall - 60_000_000_000 && $0.time < wall + 60_000_000_000 })
    }
}
