/// What a tenant returns when it is given a unit of cache, or asks for when one is taken, to stay as fast as it is.
struct Quote {
    var readUnits = Price.nothing
    var egressBytes = Price.nothing

    static let nothing = Quote()
    static let refusal = Quote(readUnits: .refusal, egressBytes: .refusal)
}

/// One resource of a quote.
struct Price {
    /// By how much the tenant's need changes.
    var change: Double
    /// What is handed over: the same, but where the tenant's floor is above its need.
    var paid: Double

    static let nothing = Price(change: 0, paid: 0)
    /// What nobody pays: the reference's number for it.
    static let refusal = Price(
        change: Double(Float.greatestFiniteMagnitude),
        paid: Double(Float.greatestFiniteMagnitude)
    )
}

/// One resource of a tenant that trades.
struct Holding {
    /// What the tenant keeps in any case.
    let floor: Double
    /// What its throughput takes.
    private(set) var need: Double
    /// What it has: its need, but not less than its floor.
    private(set) var own: Double

    init(need: Double, floor: Double) {
        self.floor = floor
        self.need = need
        own = max(need, floor)
    }

    /// Of what the tenant will not need any more, what it can return.
    func relinquishing(_ change: Double) -> Price {
        let left = need - change
        return own == need && left >= floor
            ? Price(change: change, paid: change) : Price(change: change, paid: max(0, own - max(left, floor)))
    }

    /// Of what the tenant will need besides, what it does not have.
    func asking(_ change: Double) -> Price {
        Price(change: change, paid: own == need ? change : max(0, need + change - own))
    }

    mutating func relinquish(_ price: Price) {
        need = max(0, need - price.change)
        own -= price.paid
    }

    mutating func receive(_ price: Price) {
        need += price.change
        own += price.paid
    }
}
