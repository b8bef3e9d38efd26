import Logging
import Synchronization
import TableStore

/// The embedded stores that are open, kept over reloads.
final class EmbeddedStores: Sendable {
    private let stores = Mutex<[String: EmbeddedDynamoDB]>([:])
    private let failureLog = Mutex(LogLimit())
    private let logger: Logger?

    /// No stores yet; the logger is told of databases that can't be used.
    init(logger: Logger?) {
        self.logger = logger
    }

    /// The store of that identity, opened if it is not, which behaves as `settings` say from now on.
    ///
    /// - Throws: `EmbeddedDynamoDBError` when the file can't be opened.
    func store(_ identity: String, _ settings: EmbeddedSettings, region: String) throws -> EmbeddedDynamoDB {
        try stores.withLock { stores in
            if let known = stores[identity] {
                known.service = settings.service
                return known
            }
            var opening = EmbeddedDynamoDB.Settings(file: settings.file)
            opening.region = region
            opening.service = settings.service
            opening.onFailure = { [weak self] failure in self?.note(failure, of: settings.file) }
            let store = try EmbeddedDynamoDB(opening)
            stores[identity] = store
            return store
        }
    }

    private func note(_ failure: String, of file: String?) {
        guard let omitted = failureLog.withLock({ $0.admit(now: MonotonicClock.now()) }) else { return }
        var fields: [LogKey: Logger.MetadataValue] = [.error: "\(failure)"]
        if let file { fields[.file] = "\(file)" }
        if omitted > 0 { fields[.omitted] = "\(omitted)" }
        logger?.error("the embedded store's database can't be used", fields: fields)
    }

    /// Closes the stores that no upstream names any more.
    func close(except identities: Set<String>) {
        let closing = stores.withLock { stores in
            let gone = stores.filter { !identities.contains($0.key) }
            for identity in gone.keys { stores[identity] = nil }
            return gone.values
        }
        for store in closing { store.close() }
    }
}

extension UpstreamSettings {
    /// What tells one embedded store from another: its file, or in memory the upstream's name; nil for other upstreams.
    var embeddedIdentity: String? {
        embedded.map { $0.file.map { "embedded file \($0)" } ?? "embedded memory \(name)" }
    }
}
