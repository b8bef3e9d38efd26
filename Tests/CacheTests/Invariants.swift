import Testing

@testable import Cache

/// Checks every invariant of every shard, and that the store's own totals agree.
func expectInvariants(_ store: Store, sourceLocation: SourceLocation = #_sourceLocation) {
    var problems: [String] = []
    var sum = Usage()
    var budgets = 0
    store.inspectShards { shard in
        problems += violations(shard)
        sum = Usage(adding: shard.usage, to: sum)
        budgets += shard.budget
    }
    if sum != store.usage { problems.append("the usage \(store.usage) is not the shards' \(sum)") }
    if budgets != store.budget { problems.append("the budget \(store.budget) is not the shards' \(budgets)") }
    if sum.bytes > store.budget { problems.append("\(sum.bytes) bytes held of \(store.budget)") }
    #expect(problems.isEmpty, sourceLocation: sourceLocation)
}

private func violations(_ shard: borrowing Shard) -> [String] {
    var problems: [String] = []
    var listed = 0
    var bytes = Shard.indexBytes(shard.buckets.count)
    var newer: Block?
    var next = shard.newest
    while let block = next, listed <= shard.usage.items {
        listed += 1
        bytes += block.footprint
        if block.header.newer != newer { problems.append("a neighbour does not point back") }
        let found = shard.find(block.key, hash: block.header.hash)
        if found != block { problems.append("a listed entry is not found by its key") }
        newer = block
        next = block.header.older
    }
    if newer != shard.oldest { problems.append("the list does not end at the oldest entry") }

    var indexed = 0
    for place in shard.buckets.indices {
        var next = shard.buckets[place]
        while let block = next, indexed <= shard.usage.items {
            indexed += 1
            if shard.bucket(of: block.header.hash) != place { problems.append("an entry is in a wrong bucket") }
            next = block.header.next
        }
    }
    if listed != shard.usage.items { problems.append("\(listed) entries listed, \(shard.usage.items) counted") }
    if indexed != shard.usage.items { problems.append("\(indexed) entries indexed, \(shard.usage.items) counted") }
    if bytes != shard.usage.bytes { problems.append("\(bytes) bytes found, \(shard.usage.bytes) counted") }
    if shard.usage.bytes > shard.budget { problems.append("\(shard.usage.bytes) bytes of \(shard.budget)") }
    if shard.usage.items > shard.buckets.count { problems.append("more entries than buckets") }
    if shard.usage.items == 0, shard.usage.bytes != 0 { problems.append("an empty shard holds memory") }
    return problems
}

extension Usage {
    fileprivate init(adding one: Usage, to other: Usage) {
        self = other
        bytes += one.bytes
        items += one.items
        evictions += one.evictions
        expirations += one.expirations
    }
}
