internal import Cache
internal import Glibc

/// How a hit's cost and an item's memory grow with the number of items.
enum Scale {
    /// Ten times as many items at each step, up to `most`.
    static func measure(items most: Int, rounds: Int) {
        let items = Items()
        var count = 10_000
        while count <= most {
            let pool = SegmentPool()
            let before = residentBytes()
            let peer = StorePeer(Store(budget: count * 400 + (1 << 20), pool: pool), items, count)
            let usage = peer.store.usage
            report("scale/\(count)/resident", "B/item", [Double(residentBytes() - before) / Double(count)])
            report("scale/\(count)/own account", "B/item", [Double(usage.bytes) / Double(count)])
            let lookups = 1_000_000
            let streams = [
                ("uniform", KeyStream.uniform(lookups, items: count, seed: 1)),
                ("Zipf 0.99", KeyStream.zipf(lookups, items: count, exponent: 0.99, seed: 1)),
            ]
            for (name, stream) in streams {
                let runs = (0...rounds).map { _ in Hits.run(peer, [stream][...]) }
                report("scale/\(count)/\(name)/hit", "ns", runs.dropFirst().map(\.cpu))
            }
            count *= 10
        }
    }
}
