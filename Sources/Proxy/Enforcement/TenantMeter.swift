import Synchronization

/// What a tenant has asked for and used since the process started.
///
/// Each worker writes its own lane, without contention; the control loop sums them up. Kept across reloads.
final class TenantMeter: Sendable {
    private let lanes: MeterLanes

    /// A meter with a lane for each of `workers`.
    init(workers: Int = 1) {
        lanes = MeterLanes(count: workers)
    }

    /// The sum over all workers.
    ///
    /// From any thread. Figures of one request may be in part: they are written one after the other.
    func sample() -> TenantSample {
        var sample = TenantSample()
        for index in 0..<lanes.count {
            lanes.with(index) { sample += $0 }
        }
        return sample
    }

    /// Where a worker's lane is, to have it fetched ahead.
    func address(ofLane worker: Int) -> UInt { lanes.address(worker) }

    /// Lends a worker its lane.
    ///
    /// A worker beyond those the meter was made for shares another's lane, and counts may be lost.
    @inline(__always)
    func lane<Result>(_ worker: Int, _ body: (borrowing MeterLane) -> Result) -> Result {
        lanes.with(worker, body)
    }
}

/// Lanes at a distance from each other, so that no two share a cache line.
@safe
private struct MeterLanes: ~Copyable, @unchecked Sendable {
    private static let stride = (MemoryLayout<MeterLane>.stride + 127) / 128 * 128

    let count: Int
    private let start: UnsafeMutableRawPointer

    init(count: Int) {
        self.count = max(1, count)
        unsafe start = .allocate(byteCount: self.count * Self.stride, alignment: 128)
        for index in 0..<self.count {
            unsafe (start + index * Self.stride).bindMemory(to: MeterLane.self, capacity: 1).initialize(to: MeterLane())
        }
    }

    deinit {
        for index in 0..<count {
            _ = unsafe (start + index * Self.stride).assumingMemoryBound(to: MeterLane.self).deinitialize(count: 1)
        }
        unsafe start.deallocate()
    }

    func address(_ index: Int) -> UInt {
        unsafe UInt(bitPattern: start + (index < count ? index : index % count) * Self.stride)
    }

    @inline(__always)
    func with<Result>(_ index: Int, _ body: (borrowing MeterLane) -> Result) -> Result {
        let lane = index < count ? index : index % count
        return unsafe body((start + lane * Self.stride).assumingMemoryBound(to: MeterLane.self).pointee)
    }
}
