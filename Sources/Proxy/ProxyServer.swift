import Cache
public import Logging
import Synchronization
public import TableStore
import Transport
import Upstream

/// The proxy: one worker thread for each reactor, all listening on the same ports.
public final class ProxyServer: Sendable {
    /// What the threads are told.
    enum Order: Sendable {
        case adopt(TenantRegistry)
        /// Sees to it that a table is described.
        case describe(Tenant, table: [UInt8])
        case stop
    }

    private let shared: SharedState
    private let logger: Logger
    private let tls: [TLSContext?]
    private let threads: [WorkerThread]
    private let recorder: TraceRecorder?
    private let snapshotLoader: SnapshotLoader?
    /// None where there are no tenants: in development and under `leveret local`.
    private let control: ControlLoop?
    private let hasSaved = Mutex(false)

    /// The ports listened on, in the listeners' order.
    public let ports: [Int]

    /// The admin API's port; nil when it is not configured.
    public var adminPort: Int? { control?.adminPort }

    /// Binds the listeners and starts serving.
    ///
    /// - Throws: `ServerError` with one clear sentence.
    public convenience init(configuration: Configuration, logger: Logger) throws {
        try self.init(configuration: configuration, logger: logger, wallClock: nil)
    }

    init(configuration: Configuration, logger: Logger, wallClock: (@Sendable () -> Int64)?) throws {
        var configuration = configuration
        if let fitting = Descriptors.connectionsThatFit(), fitting < configuration.limits.connections {
            logger.warning(
                "fewer connections than configured: the process may not open more files",
                fields: [.connections: "\(fitting)"]
            )
            configuration.limits.connections = fitting
        }
        let snapshot = SnapshotFile.found(configuration.snapshot, wallClock: wallClock, logger: logger)
        let shared = try SharedState(
            configuration: configuration,
            now: MonotonicClock.now(),
            pool: SegmentPool(
                hugePages: configuration.cacheHugePages,
                hasher: snapshot.map { KeyHasher(seed: $0.header.seed) } ?? KeyHasher()
            ),
            logger: logger,
            wallClock: wallClock
        )
        if let snapshot { shared.directory.adopt(snapshot.directory) }
        let registry = try shared.directory.registry(for: configuration)
        var contexts: [TLSContext?] = []
        for listener in configuration.listeners {
            contexts.append(
                try listener.tls.map { files in
                    try TLSContext(certificateFile: files.certificate, keyFile: files.key)
                }
            )
        }
        let recorder = try configuration.trace.map { try TraceRecorder($0, logger: logger) }
        // Rates are in force before the first request.
        let hasTenants = configuration.development == nil && configuration.local == nil
        let control: ControlLoop?
        do {
            control = hasTenants ? try ControlLoop(configuration, directory: shared.directory, logger: logger) : nil
        } catch {
            recorder?.finish()
            throw error
        }
        // The first worker claims the ports, and settles those given as 0; the others join it.
        var ports = configuration.listeners.map(\.port)
        var threads: [WorkerThread] = []
        // From the first request on the snapshot may be out of date.
        let usesItems = snapshot?.claimItems(logger) ?? false
        do {
            for _ in 0..<max(1, configuration.reactors) {
                let plan = WorkerThread.Plan(
                    shared: shared,
                    registry: registry,
                    recorder: recorder,
                    ports: ports,
                    sharing: threads.isEmpty ? .claim : .join,
                    tls: contexts,
                    logger: logger
                )
                let thread = try WorkerThread(plan)
                threads.append(thread)
                ports = thread.ports
            }
        } catch {
            if threads.isEmpty, usesItems { _ = snapshot?.setUsable(true) }
            for thread in threads {
                thread.send(.stop)
                thread.join()
            }
            control?.end()
            recorder?.finish()
            throw error
        }
        self.shared = shared
        self.logger = logger
        self.tls = contexts
        self.threads = threads
        self.recorder = recorder
        self.control = control
        self.ports = ports
        snapshotLoader = snapshot.map { snapshot in
            let thread = threads[0]
            return SnapshotLoader(snapshot, usesItems: usesItems, shared: shared, logger: logger) { tenant, table in
                thread.send(.describe(tenant, table: table))
            }
        }
        snapshotLoader?.start()
    }

    /// Returns when the snapshot has been loaded, if there is one, for tests.
    func waitForSnapshot() {
        snapshotLoader?.wait()
    }

    /// The names of the tables that are known, of all data domains, for tests.
    var knownTables: [String] {
        shared.directory.allDomains().flatMap { domain in
            domain.allTables().map { String(decoding: $0.name, as: UTF8.self) }
        }
    }

    /// The configured tenants, for tests.
    var tenants: [Tenant] { shared.directory.currentTenants().map(\.tenant) }

    /// The caches, for tests.
    var stores: [Store] { shared.allStores() }

    /// Blocks until the proxy has stopped.
    public func run() {
        for thread in threads {
            thread.join()
        }
        control?.end()
        saveSnapshot()
        recorder?.finish()
        shared.directory.closeEmbeddedStores()
        let counts = shared.counters.snapshot().filter { $0.count > 0 }
        let replies = counts.map { "\($0.status.name)=\($0.count)" }.joined(separator: " ")
        logger.info("stopped", fields: replies.isEmpty ? [:] : [.replies: "\(replies)"])
    }

    private func saveSnapshot() {
        hasSaved.withLock { hasSaved in
            guard let path = shared.configuration.snapshot, !hasSaved else { return }
            hasSaved = true
            snapshotLoader?.end()
            SnapshotSaver(shared: shared, path: path, logger: logger).save()
        }
    }

    /// Stops gracefully: accepts no more, lets what is in work finish until the drain deadline.
    ///
    /// Returns at once; from any thread.
    public func stop() {
        for thread in threads {
            thread.send(.stop)
        }
    }

    /// How the embedded store of `leveret local` behaves; nil for any other proxy.
    ///
    /// Setting it changes the behaviour from the next call on.
    public var service: ServiceModel? {
        get { shared.localTenant?.route.store?.service }
        set {
            if let newValue { shared.localTenant?.route.store?.service = newValue }
        }
    }

    /// Takes over the tenants, upstreams and keys of a new configuration and reads the certificates again.
    ///
    /// What was cached stays. Listeners, also the admin API's, limits and coherence settings are those the proxy was
    /// started with.
    ///
    /// - Throws: With the tenants as before; of several certificates those before the broken one are already new.
    public func reload(_ configuration: Configuration) throws {
        for context in tls {
            try context?.reload()
        }
        let registry = try shared.directory.registry(for: configuration)
        for thread in threads {
            thread.send(.adopt(registry))
        }
        control?.adopt(configuration)
        if configuration.admin != shared.configuration.admin {
            logger.warning("a changed admin listener takes effect when the proxy is started again")
        }
        if configuration.listeners != shared.configuration.listeners {
            logger.warning("changed listeners take effect when the proxy is started again")
        }
    }
}
