import DynamoDB

/// The way of calls to the store's thread.
///
/// Its lock is never held while anything else is waited for or called.
final class CallQueue: Sendable {
    struct Call: Sendable {
        var operation: DynamoDB.Operation
        var body: [UInt8]
        var completion: @Sendable (EmbeddedDynamoDB.Outcome) -> Void
    }

    /// Calls, and the bytes they hold.
    struct Load: Sendable, Equatable {
        var calls = 0
        var bytes = 0

        static func += (left: inout Load, right: Load) {
            left.calls += right.calls
            left.bytes += right.bytes
        }
    }

    /// What the thread is to do.
    struct Work {
        /// In the order they came.
        var calls: [Call] = []
        /// Calls that there is no room for.
        var overloaded: [Call] = []
        /// The model of the service, when it was set.
        var service: ServiceModel?
        /// There are no other calls, and none come any more.
        var isClosing = false
    }

    private struct State: Sendable {
        var calls: [Call] = []
        var overloaded: [Call] = []
        /// Calls that came too late, for a thread of their own.
        var late: [Call] = []
        /// Calls that wait, are done or have a reply that waits.
        var unfinished = Load()
        var service: ServiceModel
        var isServiceNew = true
        var isClosing = false
        var isEnded = false
        var isSweeping = false

        var hasWork: Bool { !calls.isEmpty || !overloaded.isEmpty || isServiceNew || isClosing }
    }

    private let state: Monitor<State>
    /// Most calls and bytes at once; a single call may be larger.
    let limit: Load

    init(limit: Load, service: ServiceModel) {
        state = Monitor(State(service: service.bounded))
        self.limit = limit
    }

    // MARK: For any thread

    var service: ServiceModel {
        get { state.withLock { $0.service } }
        set {
            let bounded = newValue.bounded
            state.withLock { state in
                state.service = bounded
                state.isServiceNew = true
            }
            state.signal()
        }
    }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    /// What is waiting or under way.
    var unfinished: Load { state.withLock { $0.unfinished } }

    func submit(_ call: Call) {
        let needsSweep = state.withLock { state in
            if state.isEnded {
                state.late.append(call)
                defer { state.isSweeping = true }
                return !state.isSweeping
            }
            let total = state.unfinished.bytes + call.body.count
            if state.isClosing {
                // Dropped like those after the end, but by the thread that is still there.
                state.late.append(call)
            } else if state.unfinished.calls >= limit.calls || (total > limit.bytes && state.unfinished.calls > 0) {
                state.overloaded.append(call)
            } else {
                state.calls.append(call)
                state.unfinished += Load(calls: 1, bytes: call.body.count)
            }
            return false
        }
        if needsSweep {
            // Without a thread the caller has to do it.
            if StoreThread({ self.sweep() })?.detach() == nil { sweep() }
        } else {
            state.signal()
        }
    }

    func close() {
        state.withLock { $0.isClosing = true }
        state.signal()
    }

    /// Drops the calls that came after the end.
    private func sweep() {
        while true {
            let late = state.withLock { state in
                let late = state.late
                state.late = []
                state.isSweeping = !late.isEmpty
                return late
            }
            if late.isEmpty { return }
            for call in late { call.completion(.dropped) }
        }
    }

    // MARK: For the store's thread

    /// Takes work; `change` is by how much the unfinished load has changed since the last time.
    ///
    /// Calls are taken when `work` has none left. Its arrays are used again.
    func take(_ work: inout Work, change: Load) {
        state.withLock { state in
            state.unfinished += change
            if work.calls.isEmpty { swap(&state.calls, &work.calls) }
            if work.overloaded.isEmpty { swap(&state.overloaded, &work.overloaded) }
            work.service = state.isServiceNew ? state.service : nil
            state.isServiceNew = false
            work.isClosing = state.isClosing && state.calls.isEmpty
        }
    }

    /// Waits for work, or until the monotonic clock shows so many nanoseconds.
    func sleep(until time: UInt64) {
        state.wait(until: time) { $0.hasWork }
    }

    /// Ends the taking, when everything is done; calls that came since the closing are to be dropped.
    ///
    /// Nil when there are none left: from then on calls are dropped without the thread.
    func end() -> [Call]? {
        state.withLock { state in
            let late = state.overloaded + state.late
            state.overloaded = []
            state.late = []
            state.isEnded = late.isEmpty
            return late.isEmpty ? nil : late
        }
    }
}
