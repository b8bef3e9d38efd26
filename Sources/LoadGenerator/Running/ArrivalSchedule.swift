private import Glibc

/// The times at which open-loop operations are due.
///
/// A pure sequence: it knows no clock, so that what is late stays due.
struct ArrivalSchedule {
    private let rate: Double
    private let arrivals: Arrivals
    private let origin: UInt64
    /// Nanoseconds after the origin, with a fraction, so that a rate is met exactly.
    private var time: Double
    private var number: Double

    /// Operations a second, from `start` on; `phase` in [0, 1) shifts equal distances, so that threads take turns.
    init(rate: Double, arrivals: Arrivals, start: UInt64, phase: Double = 0) {
        self.rate = rate
        self.arrivals = arrivals
        origin = start
        number = phase
        time = arrivals == .uniform ? phase * 1e9 / rate : 0
    }

    /// When the next one is due.
    var next: UInt64 { origin &+ UInt64(time) }

    /// Goes on to the one after.
    mutating func advance(_ random: inout RandomSource) {
        switch arrivals {
        case .uniform:
            number += 1
            time = number * 1e9 / rate
        case .poisson: time += -log(1 - random.unit()) * 1e9 / rate
        }
    }
}

/// The times at which a trace's requests are due, as far apart as in the trace, or so many times closer.
///
/// Of the requests of several threads each takes every so manyth.
struct TraceSchedule {
    private let trace: TraceKeys
    private let speed: Double
    private let start: UInt64
    private let stride: Int
    private var place: Int

    init(_ trace: TraceKeys, speed: Double, start: UInt64, part: Int, parts: Int) {
        self.trace = trace
        self.speed = speed
        self.start = start
        stride = parts
        place = part
    }

    /// When the next one is due; `UInt64.max` at the trace's end.
    var next: UInt64 {
        place < trace.count ? start &+ UInt64(min(Double(trace.times[place]) / speed, 1e18)) : .max
    }

    /// Goes on to the one after.
    mutating func advance() {
        place += stride
    }
}

/// When a tenant's open-loop operations are due.
enum Schedule {
    case rate(ArrivalSchedule)
    case trace(TraceSchedule)

    var next: UInt64 {
        switch self {
        case .rate(let schedule): schedule.next
        case .trace(let schedule): schedule.next
        }
    }

    mutating func advance(_ random: inout RandomSource) {
        switch self {
        case .rate(var schedule):
            schedule.advance(&random)
            self = .rate(schedule)
        case .trace(var schedule):
            schedule.advance()
            self = .trace(schedule)
        }
    }
}
