/// The groups of a shard's entries: each 32-bit group of the caller's has a 16-bit number in the records.
///
/// To purge a group its number is retired: its records are no longer entries from then on, whatever their group does next,
/// and a sweep reclaims them. A number is used again only after a sweep that began after it was retired. Should the
/// numbers run out, further groups share the last one, and are purged together.
struct Groups {
    private static let shared = UInt16.max
    private var numbers: [UInt32: UInt16] = [:]
    private var unused: [UInt16] = []
    private var fresh: UInt16 = 0
    /// A bit for each number; empty while none is retired.
    private var retired: [UInt64] = []
    /// Retired before the present sweep, and since.
    private var sweeping: [UInt16] = []
    private var waiting: [UInt16] = []

    /// Whether records of retired groups may be left.
    private(set) var hasRetired = false

    @inline(__always)
    func isRetired(_ number: UInt16) -> Bool {
        hasRetired && retired[Int(number >> 6)] & (1 << UInt64(number & 63)) != 0
    }

    /// The number of a group; nil when none is left because even the shared one awaits a sweep.
    mutating func number(of group: UInt32) -> UInt16? {
        if let known = numbers[group] { return known }
        let number: UInt16
        if let old = unused.popLast() {
            number = old
        } else if fresh < Self.shared {
            number = fresh
            fresh += 1
        } else if isRetired(Self.shared) {
            return nil
        } else {
            number = Self.shared
        }
        numbers[group] = number
        return number
    }

    mutating func retire(_ group: UInt32) {
        guard let number = numbers[group] else { return }
        if number == Self.shared {
            for (other, shared) in numbers where shared == number { numbers[other] = nil }
        } else {
            numbers[group] = nil
        }
        retire(number: number)
    }

    mutating func retireAll() {
        for number in Set(numbers.values) { retire(number: number) }
        numbers.removeAll()
    }

    private mutating func retire(number: UInt16) {
        if retired.isEmpty { retired = [UInt64](repeating: 0, count: 1_024) }
        hasRetired = true
        retired[Int(number >> 6)] |= 1 << UInt64(number & 63)
        waiting.append(number)
    }

    mutating func beginSweep() {
        sweeping += waiting
        waiting = []
    }

    mutating func endSweep() {
        guard hasRetired else { return }
        for number in sweeping {
            retired[Int(number >> 6)] &= ~(1 << UInt64(number & 63))
            if number != Self.shared { unused.append(number) }
        }
        sweeping = []
        if waiting.isEmpty {
            retired = []
            hasRetired = false
        }
    }
}
