/// A request's signature.
struct Signature {
    /// In hexadecimal.
    var text: SIMD64<UInt8>
    /// The value of X-Amz-Date.
    var date: SIMD16<UInt8>
}

/// Signatures by number of request, to be used again for some minutes.
///
/// A table with one place for each remainder of the number, so that it is bounded and a look costs one access.
struct SignatureCache {
    /// Seconds that a signature is used at least; servers accept five minutes and more.
    private static let life: UInt32 = 180
    /// Seconds by which lives differ, so that not all signatures are made anew at once.
    private static let spread: UInt32 = 60

    private var owners: [UInt64]
    private var seconds: [UInt32]
    private var dates: [SIMD16<UInt8>]
    private var signatures: [SIMD64<UInt8>]

    init(capacity: Int) {
        let capacity = max(1, capacity)
        owners = Array(repeating: .max, count: capacity)
        seconds = Array(repeating: 0, count: capacity)
        dates = Array(repeating: SIMD16(), count: capacity)
        signatures = Array(repeating: SIMD64(), count: capacity)
    }

    var capacity: Int { owners.count }

    /// The place of a signature that may be used at `now`; nil when there is none.
    func place(of number: UInt64, now: UInt32) -> Int? {
        let place = Int(number % UInt64(owners.count))
        let age = now &- seconds[place]
        guard owners[place] == number, age < Self.life + UInt32(truncatingIfNeeded: number &* 37) % Self.spread else {
            return nil
        }
        return place
    }

    /// The signature, and the date it was made for.
    func signature(at place: Int) -> Signature { Signature(text: signatures[place], date: dates[place]) }

    mutating func store(_ signature: Signature, of number: UInt64, second: UInt32) {
        let place = Int(number % UInt64(owners.count))
        owners[place] = number
        seconds[place] = second
        dates[place] = signature.date
        signatures[place] = signature.text
    }
}
