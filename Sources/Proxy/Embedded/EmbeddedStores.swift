import Synchronization
import TableStore

/// The embedded stores that are open, kept over reloads.
final class EmbeddedStores: Sendable {
    private let stores = Mutex<[String: EmbeddedDynamoDB]>([:])

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
            let store = try EmbeddedDynamoDB(opening)
            stores[identity] = store
            return store
        }
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
