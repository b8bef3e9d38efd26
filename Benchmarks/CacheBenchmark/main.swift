internal import Cache
internal import Glibc

// Measures the cache engine; `Benchmarks/cache-engine` runs it and reads the lines of JSON that it prints.

let arguments = Array(CommandLine.arguments.dropFirst())

func argument(_ index: Int, _ preset: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? preset : preset
}

let extras = Memory.Extras(mark: 0x1234_5678, expiresAt: Store.compactExpiry(3_600_000_000_000))

switch arguments.first {
case "items": Items().dump(argument(1, 300_000))
case "memory": Memory.roomy(items: argument(1, 300_000), Memory.Extras())
case "memory-extras": Memory.roomy(items: argument(1, 300_000), extras)
case "full": Memory.full(megabytes: argument(1, 20), policy: .lazyGDSF, Memory.Extras())
case "full-extras": Memory.full(megabytes: argument(1, 20), policy: .lazyGDSF, extras)
case "full-lru": Memory.full(megabytes: argument(1, 20), policy: .lru, Memory.Extras())
case "hits": Hits.measure(items: argument(1, 1_000_000), rounds: argument(2, 5))
case "shrink": Shrink.measure(items: argument(1, 1_000_000), rounds: argument(2, 3))
case "holds": Holds.measure(megabytes: argument(1, 64), rounds: argument(2, 5))
case "inserts": Inserts.measure(megabytes: argument(1, 100), inserts: 200_000, rounds: argument(2, 5))
case "curve": Curves.measure(requests: argument(1, 500_000), rounds: argument(2, 5))
case "scale": Scale.measure(items: argument(1, 10_000_000), rounds: argument(2, 5))
default:
    let modes = "items memory memory-extras full full-extras full-lru hits shrink holds inserts curve scale"
    print("usage: CacheBenchmark MODE [SIZE] [ROUNDS]; modes: \(modes)")
    exit(2)
}
