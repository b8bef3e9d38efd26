internal import Trace

/// What reads asked for and what of it was missed.
struct Tally: Sendable, Equatable {
    var reads = 0
    var misses = 0
    var bytes = 0
    var missedBytes = 0
    /// Half read capacity units: one for each 4 KiB begun, as for eventually consistent reads.
    var halfUnits = 0
    var missedHalfUnits = 0

    @inline(__always)
    mutating func count(_ request: TraceRequest, isHit: Bool) {
        let halfUnits = Self.halfUnits(request.size)
        reads += 1
        bytes &+= request.size
        self.halfUnits &+= halfUnits
        if isHit { return }
        misses += 1
        missedBytes &+= request.size
        missedHalfUnits &+= halfUnits
    }

    /// Units of a read, doubled; an item of no bytes costs as much as the smallest.
    @inline(__always)
    static func halfUnits(_ size: Int) -> Int {
        max(1, (size + 4_095) >> 12)
    }

    var missRatio: Double { Self.ratio(misses, of: reads) }
    var byteMissRatio: Double { Self.ratio(missedBytes, of: bytes) }
    var readUnitMissRatio: Double { Self.ratio(missedHalfUnits, of: halfUnits) }

    private static func ratio(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
