import Cache
import DynamoDB
import Trace
import Transport

/// One worker's part of a recording.
///
/// Recording a request allocates nothing but, once in a while, room for the next batch.
final class TraceLane {
    private static let batchSize = 1_024
    /// Nanoseconds a request may wait for its batch to fill.
    private static let patience: UInt64 = 250_000_000

    private let recorder: TraceRecorder
    private let reactor: Reactor
    private var batch: [TraceRequest] = []
    private var isFlushDue = false

    init(_ recorder: TraceRecorder, reactor: Reactor) {
        self.recorder = recorder
        self.reactor = reactor
        batch.reserveCapacity(Self.batchSize)
    }

    /// A read that the cache answered, or could have: `stored` is the size of the entry's value, with the item or its
    /// absence.
    func read(_ tenant: Tenant, _ view: TenantTable, canonical: UnsafeRawBufferPointer, stored: Int) {
        let isAbsent = stored <= StoredItem.absent
        let life = isAbsent ? view.cache.negativeTimeToLive : view.cache.timeToLive
        unsafe record(.read, tenant, view, canonical, size: isAbsent ? 0 : stored, life: life)
    }

    /// The same for what was read upstream: bytes of the item, nil when there is none.
    func read(_ tenant: Tenant, _ view: TenantTable, canonical: [UInt8], item: Int?) {
        let stored = item.map { StoredItem.size(ofItem: $0) } ?? StoredItem.absent
        unsafe canonical.withUnsafeBytes { unsafe read(tenant, view, canonical: $0, stored: stored) }
    }

    /// A write that names a key.
    func write(_ write: KeyWrite, _ request: HeldRequest, _ view: TenantTable, canonical: [UInt8]) {
        guard view.cache.isEnabled else { return }
        var operation = TraceRequest.Operation.write
        var size = 0
        switch write.location {
        case .item(let range): size = StoredItem.size(ofItem: range.end - range.start)
        // Of a transaction's or an update's item only the key is known.
        case .key where request.target.hasSuffix(".DeleteItem") || request.target.hasSuffix(".BatchWriteItem"):
            operation = .delete
        case .key: break
        }
        unsafe canonical.withUnsafeBytes { canonical in
            unsafe record(operation, request.tenant, view, canonical, size: size, life: view.cache.timeToLive)
        }
    }

    /// Hands over what has been gathered.
    func flush() {
        guard !batch.isEmpty else { return }
        recorder.submit(batch)
        batch = []
        batch.reserveCapacity(Self.batchSize)
    }

    private func record(
        _ operation: TraceRequest.Operation,
        _ tenant: Tenant,
        _ view: TenantTable,
        _ canonical: UnsafeRawBufferPointer,
        size: Int,
        life: UInt64
    ) {
        guard recorder.isRecording else { return }
        let key = unsafe recorder.hash(tenant: tenant.number, table: view.table.number, canonical: canonical)
        batch.append(
            TraceRequest(
                time: recorder.wallTime(reactor.now),
                operation: operation,
                key: key,
                keySize: UInt16(clamping: canonical.count),
                valueSize: UInt32(clamping: size),
                // 0 would be for ever.
                timeToLive: UInt32(clamping: max(1, life.quotientRoundedUp(by: 1_000_000_000)))
            )
        )
        if batch.count >= Self.batchSize {
            flush()
        } else if !isFlushDue {
            isFlushDue = true
            _ = reactor.schedule(after: Self.patience) { [unowned self] in
                isFlushDue = false
                flush()
            }
        }
    }
}

extension StoredItem {
    /// Bytes of an item's stored form.
    fileprivate static func size(ofItem count: Int) -> Int { count + 9 }

    /// Bytes of the stored form of absence.
    fileprivate static let absent = 2
}

extension UInt64 {
    fileprivate func quotientRoundedUp(by divisor: UInt64) -> UInt64 {
        self / divisor + (self % divisor > 0 ? 1 : 0)
    }
}
