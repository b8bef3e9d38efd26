/// A bound on the bytes of all bodies held at one time by one upstream.
final class ByteBudget {
    private let limit: Int
    private(set) var used = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// False, and nothing taken, when `count` more would exceed the bound.
    func take(_ count: Int) -> Bool {
        guard count <= limit - used else { return false }
        used += count
        return true
    }

    func give(_ count: Int) {
        used -= count
    }
}
