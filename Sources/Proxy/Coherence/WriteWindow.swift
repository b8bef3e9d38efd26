import Cache
import DynamoDB

/// The keys and scopes that one write in flight may change.
///
/// Opened before the write is sent and closed exactly once when its outcome is known or given up; it belongs to the
/// write, not to the client's connection.
final class WriteWindow {
    /// One key that a write names.
    struct Key {
        let table: Table
        let canonical: [UInt8]
        let stripe: UInt32
    }

    /// What became of the write.
    enum Outcome {
        /// Applied, partly applied or refused: nothing of it can land later.
        case definite
        /// No answer, or one that does not say: it may still land.
        case unknown
    }

    private let keys: [Key]
    private let scopes: [WriteScope]
    private let stripes: KeyStripes
    private let scratch: KeyBuffer
    private var isOpen = true

    /// Opens the window: from here on no fill that began earlier installs and none begins.
    init(keys: [Key], scopes: [WriteScope], stripes: KeyStripes, scratch: KeyBuffer) {
        self.keys = keys
        self.scopes = scopes
        self.stripes = stripes
        self.scratch = scratch
        for key in keys {
            stripes.open(key.stripe)
        }
        for scope in scopes {
            scope.open()
        }
        dropEntries()
    }

    deinit {
        assert(!isOpen, "a write window was never closed: its keys can't be cached again")
    }

    /// Closes the window; a second call does nothing.
    ///
    /// `dirtyWindow` is how long a write of unknown outcome may still land, in nanoseconds.
    func close(_ outcome: Outcome, now: UInt64, dirtyWindow: UInt64) {
        guard isOpen else { return }
        isOpen = false
        let dirtyFor = outcome == .unknown ? dirtyWindow : 0
        dropEntries()
        for key in keys {
            stripes.close(key.stripe, now: now, dirtyFor: dirtyFor)
        }
        for scope in scopes {
            scope.close(now: now, dirtyFor: dirtyFor)
        }
    }

    /// Drops the keys' entries of every tenant that may hold one.
    private func dropEntries() {
        for key in keys {
            let epoch = key.table.epoch
            for holder in key.table.currentHolders() {
                CacheKey.begin(scratch, tenant: holder.tenant, table: key.table.number, epoch: epoch)
                unsafe key.canonical.withUnsafeBytes { unsafe scratch.append($0) }
                let bytes = unsafe scratch.bytes
                _ = unsafe holder.store.remove(bytes, hash: holder.store.hash(bytes))
            }
        }
    }
}
