import Cache
import DynamoDB

/// The right to install one item that is being read upstream, valid while nothing has been written to its key.
struct FillLease: Sendable {
    let table: Table
    let epoch: UInt64
    let stripe: UInt32
    let version: UInt64
    /// True within a few seconds after a write: the fill must then come from a strongly consistent read, since an
    /// eventually consistent one may be older than the acknowledged write.
    let needsConsistentRead: Bool

    /// Takes a lease on the key.
    ///
    /// `epoch` is the table's, read by the caller before this call and used in the cache key. `settling` is how long after a
    /// write eventually consistent reads may be stale, in nanoseconds.
    static func take(
        table: Table,
        epoch: UInt64,
        stripe: UInt32,
        stripes: KeyStripes,
        now: UInt64,
        settling: UInt64
    ) -> Result<FillLease, KeyStripes.Refusal> {
        if let refusal = table.refusal(now: now) { return .failure(refusal) }
        return stripes.lease(stripe, now: now).map { version, lastWrite in
            let latest = max(lastWrite, table.lastWrite)
            return FillLease(
                table: table,
                epoch: epoch,
                stripe: stripe,
                version: version,
                needsConsistentRead: now < latest &+ settling
            )
        }
    }

    /// The lease of what an earlier process kept: as if it had been read when this one started.
    ///
    /// It stands while nothing has been written to the stripe since, and the table's epoch is still the one it started with.
    static func fromStart(table: Table, epoch: UInt64, stripe: UInt32) -> FillLease {
        FillLease(
            table: table,
            epoch: epoch,
            stripe: stripe,
            version: KeyStripes.firstVersion,
            needsConsistentRead: false
        )
    }

    /// Installs what was read, if the lease still stands.
    ///
    /// `insert` runs under the stripe's lock.
    ///
    /// - Returns: False when a write came between.
    func install(into stripes: KeyStripes, _ insert: () -> Void) -> Bool {
        stripes.install(stripe, version: version) {
            // A table-wide write since the lease has raised the epoch: the entry could never be reached.
            if table.epoch == epoch {
                insert()
            }
        }
    }
}
