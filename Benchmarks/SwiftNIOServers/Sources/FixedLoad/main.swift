import Glibc

// Sends the same few requests in turn over and over and checks the length and the beginning of every reply, whatever the protocol, so that
// one client drives all servers. Closed loop, or with RATE a Poisson process of so many requests a second whose latencies
// count from the moment a request was due.

let arguments = CommandLine.arguments
guard arguments.count == 7 || arguments.count == 8, let port = UInt16(arguments[1]), let replyBytes = Int(arguments[3]),
    let connections = Int(arguments[5]), let seconds = Double(arguments[6]), replyBytes > 0, connections > 0
else {
    print("usage: FixedLoad PORT REQUEST_FILE,... REPLY_BYTES REPLY_BEGINNING CONNECTIONS SECONDS [RATE]")
    exit(64)
}
let requests = arguments[2].split(separator: ",").map { file in
    guard let request = readFile(String(file)) else {
        print("FixedLoad: cannot read \(file)")
        exit(1)
    }
    return request
}
do throws(LoadError) {
    var load = try Load(
        port: port,
        requests: requests,
        replyBytes: replyBytes,
        beginning: Array(arguments[4].utf8),
        connections: connections
    )
    if arguments.count == 8, let rate = Double(arguments[7]), rate > 0 {
        try load.open(seconds: seconds, rate: rate)
    } else {
        try load.closed(seconds: seconds)
    }
    print(load.json())
} catch {
    print("FixedLoad: \(error.reason)")
    exit(1)
}
