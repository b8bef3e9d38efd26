internal import Glibc
internal import Synchronization

/// Nanoseconds.
enum Clock {
    static func wall() -> Int { read(CLOCK_MONOTONIC) }
    /// CPU time of the calling thread.
    static func cpu() -> Int { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// A figure of a result: one value for each round.
func report(_ name: String, _ unit: String, _ values: [Double]) {
    let numbers = values.map { value in value.isFinite ? "\(value)" : "null" }.joined(separator: ",")
    print("{\"name\":\"\(name)\",\"unit\":\"\(unit)\",\"values\":[\(numbers)]}")
}

/// Bytes of this process that are in memory.
func residentBytes() -> Int {
    guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var total = 0
    var pages = 0
    return unsafe withUnsafeMutablePointer(to: &total) { total in
        unsafe withUnsafeMutablePointer(to: &pages) { pages in
            unsafe withVaList([total, pages]) { list in unsafe vfscanf(file, "%ld %ld", list) }
        }
    } == 2 ? pages * sysconf(Int32(_SC_PAGESIZE)) : 0
}

/// How long a thread was ready to run while others had the cores: what the kernel's schedstat counts.
///
/// Any thread of the process may read it.
struct CoreWait: Sendable {
    private let file: Int32

    /// Of the calling thread.
    init() {
        file = unsafe open("/proc/thread-self/schedstat", O_RDONLY)
    }

    /// Nanoseconds since the thread began; 0 where the kernel does not say.
    func nanoseconds() -> Int {
        unsafe withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            let count = unsafe pread(file, buffer.baseAddress, buffer.count, 0)
            var field = 0
            var value = 0
            for index in 0..<max(0, count) {
                let byte = unsafe buffer[index]
                if byte == 32 {
                    field += 1
                } else if field == 1, byte >= 48, byte < 58 {
                    value = value * 10 + Int(byte) - 48
                }
            }
            return value
        }
    }

    func close() {
        _ = Glibc.close(file)
    }
}

/// Counts of durations, in 64 buckets for each power of two.
struct Histogram: Sendable {
    private var counts = [Int](repeating: 0, count: 64 * 40)
    private(set) var total = 0
    private(set) var maximum = 0

    mutating func add(_ nanoseconds: Int) {
        let value = max(0, nanoseconds)
        let shift = max(0, Int.bitWidth - 7 - (value | 1).leadingZeroBitCount)
        counts[min(shift * 64 + value >> shift, counts.count - 1)] += 1
        total += 1
        maximum = max(maximum, value)
    }

    /// The least duration that this share of the durations do not exceed, to 1.6 %.
    func quantile(_ share: Double) -> Double {
        let rank = Int((Double(total) * share).rounded(.up))
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= max(1, rank) {
                // From 64 on the buckets of a power of two start in the middle of the 128 before.
                let shift = max(0, bucket / 64 - 1)
                return Double(min(maximum, (bucket - shift * 64 + 1) << shift - 1))
            }
        }
        return .nan
    }
}

/// A thread that runs one closure.
final class Worker {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
        let failure = unsafe pthread_create(
            &thread,
            nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
                return nil
            },
            box
        )
        precondition(failure == 0, "no thread")
    }

    func join() {
        _ = pthread_join(thread, nil)
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
