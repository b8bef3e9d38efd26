/// Names one scheduled action; a token that has fired or was cancelled names nothing.
public struct Timer: Sendable, Equatable {
    let slot: UInt32
    let generation: UInt32
}

/// Actions ordered by deadline: a binary heap whose entries know their slot and whose slots know their place in the
/// heap, so that a cancelled action leaves at once.
struct TimerHeap {
    private struct Entry {
        let deadline: UInt64
        /// Order of scheduling: breaks ties, first come first served.
        let order: UInt64
        let slot: UInt32
    }

    private struct Slot {
        var action: (() -> Void)?
        var generation: UInt32
        var place: Int
    }

    private var entries: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var nextOrder: UInt64 = 0

    /// Number of actions that wait.
    var count: Int { entries.count }

    /// Deadline of the earliest action.
    var earliest: UInt64? { entries.isEmpty ? nil : entries[0].deadline }

    /// The order that the next scheduled action will get; see `popDue`.
    var horizon: UInt64 { nextOrder }

    mutating func insert(deadline: UInt64, _ action: @escaping () -> Void) -> Timer {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot(action: nil, generation: 0, place: 0))
        }
        slots[Int(slot)].action = action
        slots[Int(slot)].place = entries.count
        entries.append(Entry(deadline: deadline, order: nextOrder, slot: slot))
        nextOrder += 1
        siftUp(entries.count - 1)
        return Timer(slot: slot, generation: slots[Int(slot)].generation)
    }

    mutating func cancel(_ timer: Timer) {
        let slot = Int(timer.slot)
        guard slot < slots.count, slots[slot].generation == timer.generation, slots[slot].action != nil else { return }
        _ = remove(at: slots[slot].place)
    }

    /// Removes and returns the earliest action if it is due at `now` and was scheduled before `horizon`.
    ///
    /// The horizon keeps an action that schedules itself with no delay from being run for ever in one turn of the loop.
    mutating func popDue(now: UInt64, horizon: UInt64) -> (() -> Void)? {
        guard !entries.isEmpty, entries[0].deadline <= now, entries[0].order < horizon else { return nil }
        return remove(at: 0)
    }

    private mutating func remove(at place: Int) -> (() -> Void)? {
        let slot = entries[place].slot
        let last = entries.count - 1
        if place != last {
            move(last, to: place)
        }
        entries.removeLast()
        if place < entries.count {
            siftDown(place)
            siftUp(place)
        }
        let action = slots[Int(slot)].action
        slots[Int(slot)].action = nil
        slots[Int(slot)].generation &+= 1
        freeSlots.append(slot)
        return action
    }

    private mutating func move(_ from: Int, to place: Int) {
        entries[place] = entries[from]
        slots[Int(entries[place].slot)].place = place
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        entries.swapAt(a, b)
        slots[Int(entries[a].slot)].place = a
        slots[Int(entries[b].slot)].place = b
    }

    private func isEarlier(_ a: Int, _ b: Int) -> Bool {
        (entries[a].deadline, entries[a].order) < (entries[b].deadline, entries[b].order)
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard isEarlier(place, parent) else { return }
            swap(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            let left = 2 * place + 1
            guard left < entries.count else { return }
            let right = left + 1
            let child = right < entries.count && isEarlier(right, left) ? right : left
            guard isEarlier(child, place) else { return }
            swap(child, place)
            place = child
        }
    }
}
