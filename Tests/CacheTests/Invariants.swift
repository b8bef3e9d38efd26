import Testing

@testable import Cache

/// Checks every invariant of every shard, and that the store's own totals agree.
func expectInvariants(_ store: Store, sourceLocation: SourceLocation = #_sourceLocation) {
    var problems: [String] = []
    var bytes = 0
    var items = 0
    store.inspectShards { shard in
        problems += violations(shard)
        bytes += shard.held
        items += shard.index.items
    }
    if bytes != store.usage.bytes || items != store.usage.items { problems.append("usage is not the shards' sum") }
    if bytes > store.budget { problems.append("\(bytes) bytes held of \(store.budget)") }
    if !problems.isEmpty {
        Issue.record("\(problems.prefix(5))", sourceLocation: sourceLocation)
    }
}

private func violations(_ shard: borrowing Shard) -> [String] {
    var problems: [String] = []
    var segmentBytes = 0
    var runBytes = 0
    var payload = 0
    var records = 0
    var charged = [Int](repeating: 0, count: QueueTable.count)

    func inspect(_ segment: Segment, _ shard: borrowing Shard) {
        segmentBytes += segment.bytes
        if shard.pool.order(of: segment.unit) != segment.order { problems.append("the pool knows another order") }
        var offset = Segment.headerBytes
        var live = 0
        var dead = 0
        while offset < segment.used {
            let location = segment.offset + offset
            let record = shard.record(at: location)
            offset += record.footprint
            if record.isDead {
                dead += record.footprint
                continue
            }
            live += 1
            payload += record.payload
            runBytes += record.runUnits * SegmentPool.unit
            charged[segment.queue] += shard.charge(record)
            if record.expiresAt(shard.memory, location) < segment.minimumExpiry {
                problems.append("a least expiry is late")
            }
            let hash = shard.hash(ofRecordAt: location)
            if shard.index.find(hash, { slot in slot.isItem && slot.location == location }) == nil {
                problems.append("a live record is not in the index")
            }
        }
        if offset != segment.used { problems.append("records do not end where the segment does") }
        if live != segment.live { problems.append("\(live) live records, \(segment.live) counted") }
        if dead != segment.dead { problems.append("\(dead) dead bytes, \(segment.dead) counted") }
        records += live
    }

    for queue in 0..<QueueTable.count {
        var unit = shard.queues[queue].head
        var previous: UInt32 = 0
        while unit != 0 {
            let segment = Segment(unit: unit, memory: shard.memory)
            inspect(segment, shard)
            if segment.queue != queue { problems.append("a segment is in another queue") }
            if segment.previous != previous { problems.append("a segment does not point back") }
            if segment.live == 0, segment.next != 0 { problems.append("an empty segment is kept") }
            previous = unit
            unit = segment.next
        }
        if shard.queues[queue].tail != previous { problems.append("a queue does not end at its tail") }
    }
    if shard.draining != 0 { inspect(Segment(unit: shard.draining, memory: shard.memory), shard) }
    for queue in 0..<QueueTable.count where charged[queue] != shard.queues[queue].bytes {
        problems.append("queue \(queue): \(charged[queue]) bytes found, \(shard.queues[queue].bytes) counted")
    }

    var indexed = 0
    var indexBytes = shard.index.directoryUnits * SegmentPool.unit
    for number in 0..<shard.index.regionCount {
        let region = shard.index.region(number)
        indexBytes += region.units * SegmentPool.unit
        var items = 0
        shard.index.forEachSlot(region) { slot in if slot.isItem { items += 1 } }
        if items != region.items { problems.append("region: \(items) items found, \(region.items) counted") }
        indexed += items
    }
    if indexed != shard.index.items { problems.append("\(indexed) items in slots, \(shard.index.items) counted") }
    if records != shard.index.items { problems.append("\(records) live records, \(shard.index.items) indexed") }
    if indexBytes != shard.index.bytes { problems.append("index: \(indexBytes) bytes, \(shard.index.bytes) counted") }
    if segmentBytes != shard.segmentBytes {
        problems.append("segments: \(segmentBytes), \(shard.segmentBytes) counted")
    }
    if runBytes != shard.runBytes { problems.append("runs: \(runBytes) bytes, \(shard.runBytes) counted") }
    if payload != shard.payload { problems.append("payload: \(payload) bytes, \(shard.payload) counted") }
    if shard.held > shard.budget { problems.append("\(shard.held) bytes of \(shard.budget)") }
    if shard.index.items == 0, shard.held != shard.remembered.bytes { problems.append("an empty shard holds memory") }
    return problems
}
