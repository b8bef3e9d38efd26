internal import Alloc
internal import Glibc

// Measures what a division costs; `Benchmarks/alloc` runs it and reads the lines of JSON that it prints.
//
// For one family and number of tenants: rounds in which each of the named policies divides once, in turns.

/// Milliseconds of CPU of the calling thread.
func cpu() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

func report(_ name: String, _ unit: String, _ values: [Double]) {
    let numbers = values.map { value in value.isFinite ? "\(value)" : "null" }.joined(separator: ",")
    print("{\"name\":\"\(name)\",\"unit\":\"\(unit)\",\"values\":[\(numbers)]}")
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4, let family = Tenants.Family(rawValue: arguments[0]), let count = Int(arguments[1]),
    let rounds = Int(arguments[2]), count > 0, rounds > 0
else {
    let families = Tenants.Family.allCases.map(\.rawValue).joined(separator: "|")
    print("usage: AllocBenchmark \(families) TENANTS ROUNDS POLICY...")
    exit(2)
}
let names = arguments.dropFirst(3).compactMap { name in PolicyName(rawValue: name) }
let tenants = Tenants.make(family, count: count)
let policies = names.map { name in name.policy() }
var times = [[Double]](repeating: [], count: policies.count)
var improvements = [Double](repeating: 0, count: policies.count)
for round in 0...rounds {
    for turn in policies.indices {
        // Which is first changes, so that none finds a warmer machine.
        let index = (turn + round) % policies.count
        // The first round warms up, but for those that take long.
        if round == 0, names[index] == .hare || names[index] == .memshare { continue }
        let start = cpu()
        improvements[index] = policies[index].allocate(tenants).improvement
        let time = cpu() - start
        if round > 0 { times[index].append(time) }
    }
}
for (index, name) in names.enumerated() {
    report("\(family.rawValue)/\(name.rawValue)/\(count)", "ms", times[index])
    report("\(family.rawValue)/\(name.rawValue)/\(count)/improvement", "", [improvements[index]])
}
