/// Elements of several parties, taken in turn by what they cost.
///
/// Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", SIGCOMM 1996) with equal weights. Each party's
/// next element starts, in a time that counts cost, where its last one ended; the element that starts first is next. Who
/// comes anew starts with the element taken last: it waits for no more than one element of each other party, however
/// many they have queued, and has saved up nothing while it had none.
struct FairQueue<Element> {
    private struct Party {
        let id: UInt64
        /// When its next element starts.
        var start: Int
        var elements: [(element: Element, cost: Int)] = []
    }

    /// Those that have elements, or have had more than those who have: few, as a rule.
    private var parties: [Party] = []
    /// When the element taken last has started.
    private var time = 0

    /// Nothing waits.
    var isEmpty: Bool { parties.allSatisfy(\.elements.isEmpty) }

    /// Parties that are remembered.
    var partyCount: Int { parties.count }

    /// Adds an element behind the others of its party.
    mutating func add(_ element: Element, cost: Int, of id: UInt64) {
        guard let index = parties.firstIndex(where: { $0.id == id }) else {
            parties.append(Party(id: id, start: time, elements: [(element, cost)]))
            return
        }
        if parties[index].elements.isEmpty { parties[index].start = max(parties[index].start, time) }
        parties[index].elements.append((element, cost))
    }

    /// Takes the next element.
    mutating func next() -> Element? {
        var first: Int?
        for index in parties.indices where !parties[index].elements.isEmpty {
            if let earlier = first, parties[earlier].start <= parties[index].start { continue }
            first = index
        }
        guard let first else {
            // Nobody is kept waiting for what others have had.
            self = FairQueue()
            return nil
        }
        // Short: what may wait is bounded.
        let taken = parties[first].elements.removeFirst()
        time = parties[first].start
        parties[first].start += taken.cost
        parties.removeAll { $0.elements.isEmpty && $0.start <= time }
        return taken.element
    }
}
