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
