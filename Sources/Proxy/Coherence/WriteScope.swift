import Synchronization

/// Something that a write which names no key may change any part of: one table, or all the data of a domain.
///
/// A table lies within its domain, so what is cached of it depends on both scopes (`Table.epoch`). A write that can't be
/// pinned to a table opens the domain's scope, which also covers tables that nobody has named yet.
final class WriteScope: Sendable {
    private let epochCounter: Atomic<UInt64>
    private let descriptionCounter = Atomic<UInt64>(0)
    private let writesInFlight = Atomic<Int>(0)
    private let dirtyUntil = Atomic<UInt64>(0)
    private let latestWrite: Atomic<UInt64>

    /// `epoch` is another process', when its entries may be taken over.
    init(now: UInt64, epoch: UInt64 = 0) {
        epochCounter = Atomic(epoch)
        latestWrite = Atomic(now)
    }

    /// Raised by every write of this scope, at its beginning and at its end.
    var epoch: UInt64 { epochCounter.load(ordering: .sequentiallyConsistent) }

    /// Raised whenever a description of what is in the scope may no longer hold (created, deleted, updated).
    var descriptionVersion: UInt64 { descriptionCounter.load(ordering: .sequentiallyConsistent) }

    /// When the last write of this scope ended.
    var lastWrite: UInt64 { latestWrite.load(ordering: .sequentiallyConsistent) }

    /// Why a fill may not begin now, if it may not.
    ///
    /// The caller must have read the epoch before: then a write that opens after this check has raised the epoch, and
    /// what the fill installs under the old one can't be reached.
    func refusal(now: UInt64) -> KeyStripes.Refusal? {
        if writesInFlight.load(ordering: .sequentiallyConsistent) > 0 { return .writeInFlight }
        return now < dirtyUntil.load(ordering: .sequentiallyConsistent) ? .dirty : nil
    }

    /// Begins a write.
    func open() {
        writesInFlight.add(1, ordering: .sequentiallyConsistent)
        epochCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Ends a write; `dirtyFor` is as for `KeyStripes.close`.
    func close(now: UInt64, dirtyFor: UInt64) {
        if dirtyFor > 0 {
            extendDirty(until: now &+ dirtyFor)
        }
        invalidate(now: now)
        writesInFlight.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Makes every entry unreachable, without a write of ours: the data turned out to be other data.
    func invalidate(now: UInt64) {
        latestWrite.store(now, ordering: .sequentiallyConsistent)
        epochCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Ends the caching within the scope for this process: something goes on changing it that this proxy does not see.
    func suspend() {
        extendDirty(until: UInt64(Int64.max))
    }

    /// Notes that what was known of schemas, TTL or identities may no longer hold.
    func descriptionChanges() {
        descriptionCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Deadlines stay below 2^63: the standard library's atomic maximum compares as if signed.
    private func extendDirty(until deadline: UInt64) {
        dirtyUntil.max(min(deadline, UInt64(Int64.max)), ordering: .sequentiallyConsistent)
    }
}
