import Glibc

/// What ended a run.
struct LoadError: Error {
    let reason: String
}

/// One thread, one request in flight on each connection.
struct Load {
    private let requests: [[UInt8]]
    private var next = 0
    private let replyBytes: Int
    private let beginning: [UInt8]
    private var polled: [pollfd] = []
    /// Bytes of the reply under way, for each connection.
    private var received: [Int]
    /// When a connection's request was due, in nanoseconds.
    private var due: [Int]
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var latencies: [UInt32] = []
    private var elapsed = 0

    init(port: UInt16, requests: [[UInt8]], replyBytes: Int, beginning: [UInt8], connections: Int) throws(LoadError) {
        self.requests = requests
        self.replyBytes = replyBytes
        self.beginning = Array(beginning.prefix(replyBytes))
        received = Array(repeating: 0, count: connections)
        due = received
        latencies.reserveCapacity(1 << 22)
        for _ in 0..<connections {
            polled.append(pollfd(fd: try connectedSocket(port), events: Int16(POLLIN), revents: 0))
        }
    }

    /// Each connection sends when it has its reply.
    mutating func closed(seconds: Double) throws(LoadError) {
        let begin = now()
        let end = begin + Int(seconds * 1e9)
        for index in polled.indices { try send(index, due: begin) }
        var underWay = polled.count
        while underWay > 0 {
            try wait(milliseconds: 5000)
            for index in polled.indices where polled[index].revents != 0 {
                guard try isAnswered(index) else { continue }
                let time = now()
                if time < end {
                    try send(index, due: time)
                } else {
                    underWay -= 1
                }
            }
        }
        elapsed = now() - begin
    }

    /// Requests at a rate; looks at the clock all the time, so it needs a core.
    mutating func open(seconds: Double, rate: Double) throws(LoadError) {
        var random = SplitMix(state: 1)
        let begin = now()
        let end = begin + Int(seconds * 1e9)
        var next = begin
        var idle = Array(polled.indices)
        while true {
            let time = now()
            while next <= time, next < end, let index = idle.popLast() {
                try send(index, due: next)
                next += Int(-log(random.unit()) / rate * 1e9)
            }
            if next >= end, idle.count == polled.count { break }
            if time > end + 5_000_000_000 { throw LoadError(reason: "the rate is beyond what the server can do") }
            guard idle.count < polled.count else { continue }
            try wait(milliseconds: idle.isEmpty ? 5000 : 0)
            for index in polled.indices where polled[index].revents != 0 {
                if try isAnswered(index) { idle.append(index) }
            }
        }
        elapsed = now() - begin
    }

    /// Requests, seconds and latencies in microseconds.
    func json() -> String {
        let sorted = latencies.sorted()
        func percentile(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1000
        }
        return """
            {"requests":\(sorted.count),"seconds":\(Double(elapsed) / 1e9),"p50":\(percentile(0.5)),\
            "p99":\(percentile(0.99)),"p99.9":\(percentile(0.999))}
            """
    }

    private mutating func wait(milliseconds: Int32) throws(LoadError) {
        let count = poll(&polled, nfds_t(polled.count), milliseconds)
        if count < 0, errno != EINTR { throw LoadError(reason: "poll: error \(errno)") }
        if count == 0, milliseconds > 0 { throw LoadError(reason: "no reply within \(milliseconds) ms") }
    }

    private mutating func send(_ index: Int, due time: Int) throws(LoadError) {
        due[index] = time
        let request = requests[next]
        next = next + 1 < requests.count ? next + 1 : 0
        let count = Glibc.send(polled[index].fd, request, request.count, Int32(MSG_NOSIGNAL))
        if count != request.count { throw LoadError(reason: "send: error \(errno)") }
    }

    /// Takes what has come; true when it completes the reply.
    private mutating func isAnswered(_ index: Int) throws(LoadError) -> Bool {
        let count = recv(polled[index].fd, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        guard count > 0 else { throw LoadError(reason: "the server closed a connection") }
        if received[index] == 0, !buffer.prefix(count).starts(with: beginning.prefix(count)) {
            let text = String(decoding: buffer.prefix(min(count, 400)), as: UTF8.self)
            throw LoadError(reason: "an unexpected reply: \(text)")
        }
        received[index] += count
        if received[index] < replyBytes { return false }
        guard received[index] == replyBytes else {
            throw LoadError(reason: "a reply of \(received[index]) bytes instead of \(replyBytes)")
        }
        received[index] = 0
        latencies.append(UInt32(clamping: now() - due[index]))
        return true
    }
}

/// Random numbers (Steele, Lea, Flood 2014).
struct SplitMix {
    var state: UInt64

    /// Above 0, at most 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return (Double(mixed >> 11) + 1) * 0x1p-53
    }
}

/// Nanoseconds on the monotonic clock.
func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return count > 0 ? Array(bytes.prefix(count)) : nil
}

private func connectedSocket(_ port: UInt16) throws(LoadError) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard result == 0 else { throw LoadError(reason: "connect: error \(errno)") }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
}
