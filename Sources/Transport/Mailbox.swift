import CLinux
import Glibc
import Synchronization

/// A door into a reactor for other threads: messages are received on the reactor's thread, in the order sent.
///
/// Made by `Reactor.mailbox(_:)`; lives as long as the reactor. What is sent after the reactor is gone is dropped.
public final class Mailbox<Message: Sendable>: Sendable {
    private struct Queue {
        var messages: [Message] = []
        var isClosed = false
    }

    private let queue = Mutex(Queue())
    private let doorbell: Doorbell

    init(doorbell: Doorbell) {
        self.doorbell = doorbell
    }

    /// Queues the message and wakes the reactor.
    ///
    /// Callable from any thread, never blocks on the receiver.
    public func send(_ message: Message) {
        let isAccepted = queue.withLock { queue in
            guard !queue.isClosed else { return false }
            queue.messages.append(message)
            return true
        }
        if isAccepted {
            doorbell.ring()
        }
    }

    /// All messages sent since the last call.
    func take() -> [Message] {
        queue.withLock { queue in
            let messages = queue.messages
            queue.messages = []
            return messages
        }
    }

    func close() {
        queue.withLock { queue in
            queue.isClosed = true
            queue.messages = []
        }
    }
}

/// The event descriptor that wakes a reactor out of its wait.
final class Doorbell: Sendable {
    let descriptor: Int32
    /// Set from the first ring until the reactor answers, so that many rings cost one system call.
    private let isRinging = Atomic(false)

    init() throws(TransportError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system("create an event descriptor") }
    }

    deinit {
        close(descriptor)
    }

    func ring() {
        guard !isRinging.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// To be called before the mailboxes are emptied: a message sent later rings again.
    func answer() {
        var count: UInt64 = 0
        unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
        isRinging.store(false, ordering: .sequentiallyConsistent)
    }
}
