import Synchronization

/// The header fields of one request; reused for the next.
///
/// It knows some of the heads that were parsed before, so that those like them need not be.
@safe
final class HeaderTable {
    private let storage: UnsafeMutableBufferPointer<HeaderSlice>
    private(set) var count = 0
    /// Another for each head that was parsed; for one that is told by a known head, that head's.
    private(set) var layout: UInt64 = 0
    private static let layouts = Atomic<UInt64>(0)

    /// A client alternates between a few operations.
    private static let knownHeads = 4
    private var known = InlineArray<4, KnownHead> { _ in KnownHead() }
    /// The one met last.
    private var latest = 0
    /// The lengths of the heads that were parsed last.
    private var lengths = InlineArray<4, Int>(repeating: 0)
    private var parsed = 0

    init(capacity: Int) {
        unsafe storage = .allocate(capacity: capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    var slices: UnsafeBufferPointer<HeaderSlice> {
        unsafe UnsafeBufferPointer(rebasing: storage[..<count])
    }

    func removeAll() {
        count = 0
        layout = Self.layouts.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// False when the table is full.
    @inline(__always)
    func append(name: Range<Int>, value: Range<Int>) -> Bool {
        guard unsafe count < storage.count else { return false }
        unsafe storage.initializeElement(
            at: count,
            to: HeaderSlice(
                UInt32(truncatingIfNeeded: name.lowerBound),
                UInt32(truncatingIfNeeded: name.count),
                UInt32(truncatingIfNeeded: value.lowerBound),
                UInt32(truncatingIfNeeded: value.count)
            )
        )
        count += 1
        return true
    }

    /// What the head at the beginning of `text` says, if it is told by a known one, whose fields are in the table then.
    func recall(_ text: HeadText, maximumBody: Int) -> RequestHead? {
        for step in 0..<Self.knownHeads {
            let index = (latest &+ step) % Self.knownHeads
            guard let head = known[index].parse(text, maximumBody: maximumBody) else { continue }
            latest = index
            if layout != known[index].layout {
                layout = known[index].layout
                count = unsafe known[index].copyFields(to: storage)
            }
            return head
        }
        return nil
    }

    /// Remembers the head just parsed, the fields of which are in the table, if one of the last was as long: with clients
    /// that are all different it would not be met again.
    func remember(_ text: HeadText, _ head: RequestHead) {
        var isMetAgain = false
        for index in lengths.indices where lengths[index] == head.end { isMetAgain = true }
        lengths[parsed % lengths.count] = head.end
        parsed &+= 1
        guard isMetAgain else { return }
        latest = (latest + 1) % Self.knownHeads
        unsafe known[latest].remember(text, head, slices, layout: layout)
    }
}
