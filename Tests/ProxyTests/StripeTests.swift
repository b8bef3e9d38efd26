import Cache
import DynamoDB
import Testing

@testable import Proxy

@Suite struct KeyStripesTests {
    private let stripes = KeyStripes(now: 7)

    private func refusal(_ index: UInt32, now: UInt64) -> KeyStripes.Refusal? {
        if case .failure(let refusal) = stripes.lease(index, now: now) { refusal } else { nil }
    }

    private func installs(_ index: UInt32, version: UInt64) -> Bool {
        var ran = false
        let stands = stripes.install(index, version: version) { ran = true }
        #expect(ran == stands, "the body runs exactly when the lease stands")
        return stands
    }

    @Test func `every hash has a stripe`() throws {
        #expect(KeyStripes.index(ofHash: 0) == 0)
        #expect(KeyStripes.index(ofHash: .max) == 65_535)
        #expect(KeyStripes.index(ofHash: 0xFFFF_FFFF_0001_0002) == 2)
        for index: UInt32 in [0, 255, 256, 65_535] {
            #expect(try stripes.lease(index, now: 0).get().version == 0)
        }
    }

    @Test func `a stripe counts as written when the process started`() throws {
        #expect(try stripes.lease(3, now: 100).get().lastWrite == 7)
    }

    @Test func `no lease while any write is in flight`() throws {
        stripes.open(1)
        stripes.open(1)
        #expect(refusal(1, now: 8) == .writeInFlight)
        stripes.close(1, now: 9, dirtyFor: 0)
        #expect(refusal(1, now: 10) == .writeInFlight, "the other write is still in flight")
        stripes.close(1, now: 11, dirtyFor: 0)
        let lease = try stripes.lease(1, now: 12).get()
        #expect(lease.lastWrite == 11)
        #expect(lease.version == 4)
    }

    @Test func `a lease falls with a write that opens, closes or has come and gone`() throws {
        let before = try stripes.lease(1, now: 8).get().version
        #expect(installs(1, version: before))
        #expect(installs(1, version: before), "installing changes nothing")
        stripes.open(1)
        #expect(!installs(1, version: before))
        #expect(!installs(1, version: before + 1), "not even with the version that the write gave the stripe")
        stripes.close(1, now: 9, dirtyFor: 0)
        #expect(!installs(1, version: before))
        let after = try stripes.lease(1, now: 10).get().version
        #expect(installs(1, version: after))
    }

    @Test func `a stripe is dirty until its deadline, and the longest counts`() {
        for dirtyFor: UInt64 in [100, 10, 0] {
            stripes.open(1)
            stripes.close(1, now: 20, dirtyFor: dirtyFor)
        }
        #expect(refusal(1, now: 20) == .dirty)
        #expect(refusal(1, now: 119) == .dirty)
        #expect(refusal(1, now: 120) == nil)
    }

    @Test(arguments: [0, 2, 257, 65_535] as [UInt32])
    func `stripes know nothing of each other`(other: UInt32) throws {
        stripes.open(1)
        #expect(try stripes.lease(other, now: 8).get().version == 0)
        stripes.close(1, now: 9, dirtyFor: 1000)
        #expect(refusal(other, now: 10) == nil)
    }
}

@Suite struct TableTests {
    private let table = Table(number: 1, name: Array("things".utf8), domain: WriteScope(now: 3), now: 7)

    @Test func `a write that names no key raises the epoch when it opens and when it closes`() {
        let first = table.epoch
        #expect(table.refusal(now: 8) == nil)
        table.scope.open()
        let second = table.epoch
        #expect(second != first)
        #expect(table.refusal(now: 8) == .writeInFlight)
        table.scope.close(now: 9, dirtyFor: 0)
        #expect(table.epoch != second)
        #expect(table.refusal(now: 9) == nil)
        #expect(table.lastWrite == 9)
    }

    @Test func `a table counts as written when it was first named`() {
        #expect(table.lastWrite == 7)
    }

    @Test func `an unknown outcome makes the table dirty`() {
        table.scope.open()
        table.scope.close(now: 10, dirtyFor: 5)
        table.scope.open()
        table.scope.close(now: 10, dirtyFor: 1)
        #expect(table.refusal(now: 14) == .dirty)
        #expect(table.refusal(now: 15) == nil)
    }

    @Test func `invalidating is no write in flight`() {
        let epoch = table.epoch
        table.scope.invalidate(now: 20)
        #expect(table.epoch > epoch)
        #expect(table.refusal(now: 20) == nil)
        #expect(table.lastWrite == 20, "what is filled next comes from a consistent read")
    }

    @Test func `a suspended table is never cached again`() {
        table.scope.suspend()
        #expect(table.refusal(now: 1) == .dirty)
        table.scope.open()
        table.scope.close(now: 10, dirtyFor: 5)
        #expect(table.refusal(now: 1 << 62) == .dirty)
    }

    @Test func `a description changes without the entries being dropped`() {
        let (epoch, version) = (table.epoch, table.descriptionVersion)
        table.scope.descriptionChanges()
        #expect(table.descriptionVersion != version)
        #expect(table.epoch == epoch)
    }

    @Test func `a write of the whole domain is one of each of its tables, also of those named later`() throws {
        let domain = DataDomain(identity: "d", numbers: TableNumbers(), now: 1)
        let known = try #require(domain.table(named: Array("known".utf8), now: 2))
        let (epoch, version) = (known.epoch, known.descriptionVersion)
        domain.scope.open()
        domain.scope.descriptionChanges()
        let later = try #require(domain.table(named: Array("later".utf8), now: 3))
        for table in [known, later] {
            #expect(table.refusal(now: 4) == .writeInFlight)
        }
        #expect(known.epoch != epoch)
        #expect(known.descriptionVersion != version)
        let laterEpoch = later.epoch
        domain.scope.close(now: 5, dirtyFor: 10)
        #expect(later.epoch != laterEpoch, "what was read meanwhile is out of reach")
        #expect(later.refusal(now: 6) == .dirty)
        #expect(later.lastWrite == 5)
    }

    @Test func `tenants that are gone are forgotten with what they hold`() {
        table.register(tenant: 1, store: Store(budget: 1 << 20), epoch: table.epoch)
        let epoch = table.epoch
        table.forgetHolders(now: 9)
        #expect(table.currentHolders().isEmpty)
        #expect(table.epoch != epoch)
    }

    @Test func `holders are kept once for each tenant and store`() {
        let (one, two) = (Store(budget: 1 << 20), Store(budget: 1 << 20))
        for _ in 0..<3 {
            table.register(tenant: 1, store: one, epoch: table.epoch)
            table.register(tenant: 2, store: one, epoch: table.epoch)
            table.register(tenant: 1, store: two, epoch: table.epoch)
        }
        #expect(table.currentHolders().map(\.tenant) == [1, 2, 1])
    }

    @Test func `what is kept of earlier epochs is freed, and nothing else`() {
        let store = Store(budget: 1 << 20)
        func insert(_ name: UInt8, epoch: UInt64) {
            table.register(tenant: 1, store: store, epoch: epoch)
            [name].withUnsafeBytes { key in
                _ = store.insert(
                    key,
                    hash: store.hash(key),
                    value: key,
                    mark: 0,
                    expiresAt: .max,
                    group: CacheKey.group(table: table.number, epoch: epoch),
                    now: 0
                )
            }
        }
        func names() -> [UInt8] {
            (0..<4).filter { name in
                [name].withUnsafeBytes { key in
                    if case .hit = store.read(key, hash: store.hash(key), now: 1, { _ in }) { true } else { false }
                }
            }
        }
        insert(0, epoch: table.epoch)
        table.removeRemains()
        #expect(names() == [0])
        table.scope.invalidate(now: 1)
        insert(1, epoch: table.epoch)
        insert(2, epoch: table.epoch)
        table.removeRemains()
        #expect(names() == [1, 2])
        table.scope.invalidate(now: 2)
        table.removeRemains()
        #expect(names() == [], "also when nothing was read since")
        #expect(table.currentHolders().isEmpty)
        while store.maintain(now: 1) {}
        #expect(store.usage.items == 0)
        insert(3, epoch: table.epoch)
        #expect(table.currentHolders().map(\.epoch) == [table.epoch])
    }
}

@Suite struct FillLeaseTests {
    private let table = Table(number: 1, name: Array("things".utf8), domain: WriteScope(now: 0), now: 0)
    private let stripes = KeyStripes(now: 0)

    private func take(now: UInt64, settling: UInt64 = 0) -> Result<FillLease, KeyStripes.Refusal> {
        FillLease.take(table: table, epoch: table.epoch, stripe: 5, stripes: stripes, now: now, settling: settling)
    }

    private func inserts(_ lease: FillLease) -> Bool {
        var ran = false
        _ = lease.install(into: stripes) { ran = true }
        return ran
    }

    @Test func `a lease stands while nothing is written`() throws {
        #expect(inserts(try take(now: 1).get()))
    }

    @Test func `a write to the key takes the lease away`() throws {
        let lease = try take(now: 1).get()
        stripes.open(5)
        #expect(!inserts(lease))
        stripes.close(5, now: 2, dirtyFor: 0)
        #expect(!inserts(lease))
    }

    @Test func `a write to the table takes the lease away`() throws {
        let lease = try take(now: 1).get()
        table.scope.open()
        #expect(!inserts(lease))
        table.scope.close(now: 2, dirtyFor: 0)
        #expect(!inserts(lease))
    }

    @Test func `another table in the old one's place takes the lease away`() throws {
        let lease = try take(now: 1).get()
        table.scope.invalidate(now: 2)
        #expect(!inserts(lease))
    }

    @Test func `refused while the table or the key is being written, or dirty`() {
        table.scope.open()
        #expect(throws: KeyStripes.Refusal.writeInFlight) { try take(now: 1).get() }
        table.scope.close(now: 1, dirtyFor: 10)
        #expect(throws: KeyStripes.Refusal.dirty) { try take(now: 10).get() }
        stripes.open(5)
        #expect(throws: KeyStripes.Refusal.writeInFlight) { try take(now: 11).get() }
        stripes.close(5, now: 11, dirtyFor: 10)
        #expect(throws: KeyStripes.Refusal.dirty) { try take(now: 20).get() }
        #expect(throws: Never.self) { try take(now: 21).get() }
    }

    @Test func `for a while after a write the fill must be consistent`() throws {
        #expect(try take(now: 4, settling: 5).get().needsConsistentRead, "the process has just started")
        #expect(try !take(now: 5, settling: 5).get().needsConsistentRead)
        stripes.open(5)
        stripes.close(5, now: 100, dirtyFor: 0)
        #expect(try take(now: 104, settling: 5).get().needsConsistentRead)
        #expect(try !take(now: 105, settling: 5).get().needsConsistentRead)
        table.scope.open()
        table.scope.close(now: 200, dirtyFor: 0)
        #expect(try take(now: 204, settling: 5).get().needsConsistentRead, "a table's writes count too")
        #expect(try !take(now: 205, settling: 5).get().needsConsistentRead)
        #expect(try !take(now: 200, settling: 0).get().needsConsistentRead, "settling off")
    }
}

@Suite struct WriteWindowTests {
    private let table = Table(number: 9, name: Array("things".utf8), domain: WriteScope(now: 0), now: 0)
    private let stripes = KeyStripes(now: 0)
    private let stores = [Store(budget: 1 << 20), Store(budget: 1 << 20)]

    init() {
        for (tenant, store) in stores.enumerated() {
            table.register(tenant: UInt32(tenant), store: store, epoch: table.epoch)
        }
    }

    private func key(_ text: String) -> WriteWindow.Key {
        let canonical = Array(text.utf8)
        let stripe = canonical.withUnsafeBytes { CacheKey.stripe(table: table.number, canonical: $0) }
        return WriteWindow.Key(table: table, canonical: canonical, stripe: stripe)
    }

    private func cacheKey(_ text: String, tenant: Int) -> [UInt8] {
        let buffer = KeyBuffer()
        CacheKey.begin(buffer, tenant: UInt32(tenant), table: table.number, epoch: table.epoch)
        Array(text.utf8).withUnsafeBytes { buffer.append($0) }
        return Array(buffer.bytes)
    }

    private func insert(_ text: String) {
        for (tenant, store) in stores.enumerated() {
            cacheKey(text, tenant: tenant).withUnsafeBytes { key in
                [UInt8]("{}".utf8).withUnsafeBytes { value in
                    _ = store.insert(key, hash: store.hash(key), value: value, mark: 0, expiresAt: 1000, now: 0)
                }
            }
        }
    }

    /// By tenant, whether the entry is there.
    private func holds(_ text: String) -> [Bool] {
        stores.enumerated().map { tenant, store in
            cacheKey(text, tenant: tenant).withUnsafeBytes { key in
                if case .hit = store.read(key, hash: store.hash(key), now: 0, { _ in }) { true } else { false }
            }
        }
    }

    private func window(keys: [String], scopes: [WriteScope] = []) -> WriteWindow {
        WriteWindow(keys: keys.map { key($0) }, scopes: scopes, stripes: stripes, scratch: KeyBuffer())
    }

    private func refusal(_ text: String, now: UInt64) -> KeyStripes.Refusal? {
        if case .failure(let refusal) = stripes.lease(key(text).stripe, now: now) { refusal } else { nil }
    }

    @Test func `the entries of every tenant are dropped when it opens and when it closes`() {
        insert("a")
        insert("b")
        let window = window(keys: ["a"])
        #expect(holds("a") == [false, false])
        #expect(holds("b") == [true, true], "other keys stay")
        insert("a")
        window.close(.definite, now: 1, dirtyWindow: 50)
        #expect(holds("a") == [false, false])
        #expect(holds("b") == [true, true])
    }

    @Test func `no fill while it is open, and none after an unknown outcome`() {
        let first = window(keys: ["a"])
        #expect(refusal("a", now: 1) == .writeInFlight)
        first.close(.definite, now: 1, dirtyWindow: 50)
        #expect(refusal("a", now: 1) == nil)
        let second = window(keys: ["a"])
        second.close(.unknown, now: 10, dirtyWindow: 50)
        #expect(refusal("a", now: 59) == .dirty)
        #expect(refusal("a", now: 60) == nil)
    }

    @Test func `it closes once`() {
        let (first, second) = (window(keys: ["a"]), window(keys: ["a"]))
        first.close(.definite, now: 1, dirtyWindow: 50)
        first.close(.unknown, now: 1, dirtyWindow: 50)
        #expect(refusal("a", now: 1) == .writeInFlight, "the second window is still open")
        second.close(.definite, now: 2, dirtyWindow: 50)
        #expect(refusal("a", now: 2) == nil, "the second call did nothing")
    }

    @Test func `a key named twice is opened and closed twice`() {
        let window = window(keys: ["a", "a", "b"])
        window.close(.definite, now: 1, dirtyWindow: 50)
        #expect(refusal("a", now: 1) == nil)
        #expect(refusal("b", now: 1) == nil)
    }

    @Test func `a window over a table makes all of its entries unreachable`() {
        insert("a")
        let window = window(keys: [], scopes: [table.scope])
        #expect(holds("a") == [false, false])
        #expect(table.refusal(now: 1) == .writeInFlight)
        insert("a")
        window.close(.unknown, now: 1, dirtyWindow: 50)
        #expect(holds("a") == [false, false])
        #expect(table.refusal(now: 50) == .dirty)
        #expect(table.refusal(now: 51) == nil)
    }

    @Test func `keys of tables of one name and number share a stripe, whoever asks`() {
        let bytes = Array("a".utf8)
        let (one, again, other) = bytes.withUnsafeBytes { canonical in
            (
                CacheKey.stripe(table: 9, canonical: canonical), CacheKey.stripe(table: 9, canonical: canonical),
                (10..<20).map { CacheKey.stripe(table: $0, canonical: canonical) }
            )
        }
        #expect(one == again)
        #expect(Set(other).count > 1, "the table is part of it")
    }
}
