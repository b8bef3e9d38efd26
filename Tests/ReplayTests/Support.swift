import Foundation
import Replay
import Trace

/// A trace in a file, for as long as `body` runs.
func withTrace<Result>(_ lines: [String], _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("leveret-\(UUID()).csv").path
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// `seconds,op,key,key size,value size,ttl`.
func line(_ request: TraceRequest) -> String {
    let name = ["g", "s", "d"][Int(request.operation.rawValue)]
    let time = Double(request.time) / 1e9
    return "\(time),\(name),\(request.key),\(request.keySize),\(request.valueSize),\(request.timeToLive)"
}

/// Requests that are the same each time: keys of an uneven popularity, in sizes that follow the key.
struct SeededRequests {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 2 &+ 1 }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    mutating func key(of count: Int) -> Int {
        min(next(below: count), next(below: count), next(below: count))
    }
}
