import Cache
import Dispatch
import DynamoDB
import Glibc
import Logging
import Synchronization

/// Loads a snapshot on a thread of its own while requests are served.
///
/// The whole file is checked before anything of it is used. Frequencies come first; then, table by table as their
/// descriptions arrive and show them to be the tables they were, the items. `docs/coherence.md` says why these are no
/// older than what a fill would bring.
final class SnapshotLoader: Sendable {
    /// What the loader needs from the threads that serve: a table's description, soon.
    typealias Ask = @Sendable (_ tenant: Tenant, _ table: [UInt8]) -> Void

    private let file: SnapshotFile
    private let usesItems: Bool
    private let shared: SharedState
    private let logger: Logger
    private let ask: Ask
    private let isCancelled = Atomic(false)
    private let finished = DispatchSemaphore(value: 0)

    /// `usesItems` is whether this start has noted in the file that its items are not to be used again.
    init(_ file: SnapshotFile, usesItems: Bool, shared: SharedState, logger: Logger, ask: @escaping Ask) {
        self.file = file
        self.usesItems = usesItems
        self.shared = shared
        self.logger = logger
        self.ask = ask
    }

    /// Starts the thread.
    func start() {
        do {
            try WorkerThread.spawn { [self] in
                run()
                finished.signal()
            }
        } catch {
            logger.warning("snapshot not loaded", fields: [.file: "\(file.path)", .error: "\(error)"])
            finished.signal()
        }
    }

    /// Ends the loading where it is, and returns when it has ended.
    func end() {
        isCancelled.store(true, ordering: .relaxed)
        wait()
    }

    /// Returns when the loading has ended.
    func wait() {
        finished.wait()
        finished.signal()
    }

    private func run() {
        let begin = MonotonicClock.now()
        let elapsed = shared.wallNanoseconds.subtractingReportingOverflow(file.header.savedAt).partialValue
        do throws(SnapshotRefusal) {
            var load = SnapshotLoad(file, usesItems: usesItems, shared: shared, elapsed: UInt64(max(0, elapsed)))
            try load.check { !isCancelled.load(ordering: .relaxed) }
            try load.frequencies { !isCancelled.load(ordering: .relaxed) }
            try items(&load)
            let isCut = isCancelled.load(ordering: .relaxed)
            logger.info(
                isCut ? "snapshot loaded in part: stopping" : "snapshot loaded",
                fields: [
                    .file: "\(file.path)", .items: "\(load.restored)", .frequencies: "\(load.remembered)",
                    .curves: "\(load.curves)",
                    .duration: "\((MonotonicClock.now() &- begin) / 1_000_000)ms",
                ]
            )
        } catch {
            logger.warning(
                "snapshot refused: a cold start",
                fields: [.file: "\(file.path)", .reason: "\(error.reason)"]
            )
        }
    }

    /// Loads the items of each table when it has been described.
    private func items(_ load: inout SnapshotLoad) throws(SnapshotRefusal) {
        /// How long one waits for more tables before those that are known are loaded, and between two questions.
        let patience: UInt64 = 200_000_000
        let retry: UInt64 = 1_000_000_000
        var asked: [SnapshotLoad.TableKey: UInt64] = [:]
        while !load.candidates.isEmpty, !isCancelled.load(ordering: .relaxed) {
            let turn = MonotonicClock.now()
            var ready: [SnapshotLoad.TableKey: SnapshotLoad.Target] = [:]
            while !load.candidates.isEmpty, ready.isEmpty || MonotonicClock.now() &- turn < patience,
                !isCancelled.load(ordering: .relaxed)
            {
                let now = MonotonicClock.now()
                var questions = 32
                for (key, candidate) in load.candidates {
                    switch load.judge(key, candidate, now: now) {
                    case .out: load.candidates[key] = nil
                    case .ready(let target):
                        ready[key] = target
                        load.candidates[key] = nil
                    case .wait(let tenant, let name):
                        guard questions > 0, asked[key].map({ now &- $0 >= retry }) ?? true else { continue }
                        questions -= 1
                        asked[key] = now
                        ask(tenant, name)
                    }
                }
                if !load.candidates.isEmpty { usleep(2_000) }
            }
            try load.items(ready) { !isCancelled.load(ordering: .relaxed) }
            if !load.candidates.isEmpty {
                logger.info(
                    "snapshot loading: tables wait for their descriptions",
                    fields: [.items: "\(load.restored)", .count: "\(load.candidates.count)"]
                )
            }
        }
    }
}
