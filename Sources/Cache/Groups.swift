/// The groups of a shard's entries: each 32-bit group of the caller's has a 16-bit number in the records.
///
/// To purge a group its number is retired: its records are no longer entries from then on, whatever their group does next,
/// and a sweep reclaims them. A number is used again only after a sweep that began after it was retired. Should the
/// numbers run out, further groups share the last one, and are purged together.
struct Groups {
    private static let shared = UInt16.max
    private static let maximumWords = 1 << 10
    private static let tables = 64
    /// Whether records of retired groups may be left.
    private(set) var hasRetired = false
    /// Numbers of groups, spread over many tables so that none takes long to grow; empty before the first group.
    private var numbers: [[UInt32: UInt16]] = []
    /// A bit for each number up to one that doubles as they are used up.
    private var inUse: [UInt64] = []
    private var retired: [UInt64] = []
    /// Those that were retired before the present sweep.
    private var swept: [UInt64] = []
    /// The word of `inUse` where the search for a number begins.
    private var cursor = 0

    @inline(__always)
    func isRetired(_ number: UInt16) -> Bool {
        hasRetired && Self.contains(retired, number)
    }

    /// The number of a group; nil when none is left because even the shared one awaits a sweep.
    mutating func number(of group: UInt32) -> UInt16? {
        let table = Self.table(group)
        if numbers.isEmpty {
            numbers = Array(repeating: [:], count: Self.tables)
            inUse = [0]
            retired = inUse
            swept = inUse
        } else if let known = numbers[table][group] {
            return known
        }
        guard let number = unusedNumber() ?? newNumber() else {
            guard !isRetired(Self.shared) else { return nil }
            Self.insert(Self.shared, into: &inUse)
            return Self.shared
        }
        numbers[table][group] = number
        Self.insert(number, into: &inUse)
        return number
    }

    mutating func retire(_ group: UInt32) {
        guard !numbers.isEmpty else { return }
        if let number = numbers[Self.table(group)].removeValue(forKey: group) { retire(number: number) }
        // The group may also have had records when the numbers had run out.
        if hasRunOut, Self.contains(inUse, Self.shared) { retire(number: Self.shared) }
    }

    mutating func retireAll() {
        guard !numbers.isEmpty else { return }
        numbers = Array(repeating: [:], count: Self.tables)
        retired = inUse
        hasRetired = true
    }

    private mutating func retire(number: UInt16) {
        hasRetired = true
        Self.insert(number, into: &retired)
    }

    mutating func beginSweep() {
        guard hasRetired else { return }
        swept = retired
    }

    mutating func endSweep() {
        guard hasRetired else { return }
        var isAnyLeft: UInt64 = 0
        for word in inUse.indices {
            inUse[word] &= ~swept[word]
            retired[word] &= ~swept[word]
            isAnyLeft |= retired[word]
            swept[word] = 0
        }
        hasRetired = isAnyLeft != 0
    }

    private mutating func unusedNumber() -> UInt16? {
        for _ in inUse.indices {
            // The last number of all is the shared one.
            let taken = cursor == Self.maximumWords - 1 ? inUse[cursor] | 1 << 63 : inUse[cursor]
            if taken != .max { return UInt16(cursor << 6 | (~taken).trailingZeroBitCount) }
            cursor = (cursor + 1) & (inUse.count - 1)
        }
        return nil
    }

    /// Whether there are as many numbers as there can be.
    private var hasRunOut: Bool { inUse.count == Self.maximumWords }

    /// The first of as many numbers again as there were.
    private mutating func newNumber() -> UInt16? {
        guard !hasRunOut else { return nil }
        cursor = inUse.count
        let more = [UInt64](repeating: 0, count: inUse.count)
        inUse += more
        retired += more
        swept += more
        return UInt16(cursor << 6)
    }

    private static func table(_ group: UInt32) -> Int {
        Int((group &* 0x9e37_79b1) >> 26)
    }

    @inline(__always)
    private static func contains(_ bits: [UInt64], _ number: UInt16) -> Bool {
        bits[Int(number >> 6)] & (1 << UInt64(number & 63)) != 0
    }

    private static func insert(_ number: UInt16, into bits: inout [UInt64]) {
        bits[Int(number >> 6)] |= 1 << UInt64(number & 63)
    }
}
