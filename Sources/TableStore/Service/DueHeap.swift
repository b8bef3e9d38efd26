/// What is to happen at some time: a binary heap, the earliest first, and what is due together in the order it came.
struct DueHeap<Element> {
    private struct Entry {
        var due: UInt64
        var order: UInt64
        var element: Element

        func isBefore(_ other: Entry) -> Bool { (due, order) < (other.due, other.order) }
    }

    private var entries: [Entry] = []
    private var lastOrder: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }

    /// When the next element is due.
    var nextDue: UInt64? { entries.first?.due }

    mutating func insert(_ element: Element, due: UInt64) {
        lastOrder += 1
        entries.append(Entry(due: due, order: lastOrder, element: element))
        var child = entries.count - 1
        while child > 0, case let parent = (child - 1) / 2, entries[child].isBefore(entries[parent]) {
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next element if it is due by `now`.
    mutating func pop(dueBy now: UInt64) -> Element? {
        guard let first = entries.first, first.due <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].isBefore(entries[least]) { least = child }
            }
            if least == parent { return first.element }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
