import Cache
import Dispatch
import Glibc
import Logging
import Synchronization
import Trace

/// Records what is asked of the cache, as a trace for `leveret replay` (docs/replay.md).
///
/// Each worker gathers requests in a `TraceLane` of its own and hands them over in batches, which one queue writes.
/// Nobody waits for it: what it can't keep up with is dropped and counted.
///
/// Keys are recorded as hashes with a secret that is made for the recording and kept nowhere, tenant and table folded in:
/// from the file nobody can tell what the keys were, nor whether a key he knows is among them.
final class TraceRecorder: Sendable {
    /// Requests that may wait to be written.
    private static let maximumWaiting = 256 << 10

    private struct Output: ~Copyable {
        var writer: TraceWriter
        var requests = 0
    }

    private let settings: TraceSettings
    private let logger: Logger
    private let queue = DispatchQueue(label: "leveret.trace")
    private let output: Mutex<Output>
    private let hasher = KeyHasher()
    /// What makes monotonic nanoseconds those since 1970.
    private let epoch: UInt64
    private let isOn = Atomic<Bool>(true)
    private let waiting = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)

    /// Creates the file.
    init(_ settings: TraceSettings, logger: Logger) throws(ServerError) {
        self.settings = settings
        self.logger = logger
        do throws(TraceError) {
            output = Mutex(Output(writer: try TraceWriter(creating: settings.path)))
        } catch {
            throw ServerError("trace: \(error.description); name a file that is not there yet")
        }
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let wall = UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
        epoch = wall &- MonotonicClock.now()
    }

    /// Whether requests are still wanted.
    var isRecording: Bool { isOn.load(ordering: .relaxed) }

    /// Nanoseconds since 1970.
    func wallTime(_ now: UInt64) -> UInt64 { now &+ epoch }

    /// What stands for a key of a tenant's table.
    func hash(tenant: UInt32, table: UInt32, canonical: UnsafeRawBufferPointer) -> UInt64 {
        let whole = unsafe (UInt64(tenant) << 32 | UInt64(table), hasher.hash(canonical))
        return unsafe withUnsafeBytes(of: whole) { unsafe hasher.hash($0) }
    }

    /// Has a batch written, or drops it.
    func submit(_ batch: [TraceRequest]) {
        guard isRecording else { return }
        let count = batch.count
        guard waiting.add(count, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.subtract(count, ordering: .relaxed)
            if dropped.add(count, ordering: .relaxed).oldValue == 0 {
                logger.warning("trace: requests are left out; the file can't be written as fast", fields: fields())
            }
            return
        }
        queue.async { [self] in
            write(batch)
            waiting.subtract(count, ordering: .relaxed)
        }
    }

    /// Writes what is waiting and ends the recording; a file in which there is nothing is removed.
    func finish() {
        queue.sync { end("trace recorded") }
    }

    private func write(_ batch: [TraceRequest]) {
        guard isRecording else { return }
        do throws(TraceError) {
            let isFull = try output.withLock { output throws(TraceError) in
                for request in batch where output.writer.count < settings.maxSize {
                    try output.writer.append(request)
                    output.requests += 1
                }
                try output.writer.flush()
                return output.writer.count >= settings.maxSize
            }
            if isFull { end("trace: the file has its full size; nothing more is recorded") }
        } catch {
            isOn.store(false, ordering: .relaxed)
            var fields = fields()
            fields[.error] = "\(error.problem)"
            logger.error("trace: the file can't be written; nothing more is recorded", fields: fields)
        }
    }

    private func end(_ message: Logger.Message) {
        guard isOn.exchange(false, ordering: .relaxed) else { return }
        let (requests, bytes) = output.withLock { ($0.requests, $0.writer.count) }
        if requests == 0 { unsafe unlink(settings.path) }
        var fields = fields()
        fields[.count] = "\(requests)"
        fields[.bytes] = "\(bytes)"
        let omitted = dropped.load(ordering: .relaxed)
        if omitted > 0 { fields[.omitted] = "\(omitted)" }
        logger.info(message, fields: fields)
    }

    private func fields() -> [LogKey: Logger.MetadataValue] {
        [.file: "\(settings.path)"]
    }
}
