import Cache
import DynamoDB
import Transport

/// The form in which an item is stored: the body of an unprojected GetItem reply, ready to be sent, with its CRC-32 as
/// the entry's mark.
///
/// Absence is stored as the body of its reply too: `{}`.
enum StoredItem {
    private static let head: StaticString = "{\"Item\":"

    /// Appends the stored form.
    static func append(_ item: UnsafeRawBufferPointer?, to output: inout [UInt8]) {
        guard let item = unsafe item else {
            output += "{}".utf8
            return
        }
        unsafe output.append(contentsOf: UnsafeRawBufferPointer(start: head.utf8Start, count: head.utf8CodeUnitCount))
        unsafe output.append(contentsOf: item)
        output.append(UInt8(ascii: "}"))
    }

    /// Whether a reply's body, with its item at `item`, is the stored form itself.
    static func isForm(of item: ByteRange?, _ body: UnsafeRawBufferPointer) -> Bool {
        guard let item else { return body.count == 2 }
        return unsafe item.start == head.utf8CodeUnitCount && item.end == body.count - 1 && isWellFormed(body)
    }

    /// Whether bytes have the outer shape of a stored form.
    static func isWellFormed(_ stored: UnsafeRawBufferPointer) -> Bool {
        if stored.count == 2 { return unsafe stored[0] == UInt8(ascii: "{") && stored[1] == UInt8(ascii: "}") }
        let count = head.utf8CodeUnitCount
        guard stored.count > count + 2, unsafe stored[stored.count - 1] == UInt8(ascii: "}") else { return false }
        return (0..<count).allSatisfy { unsafe stored[$0] == head.utf8Start[$0] }
    }

    /// The item within its stored form; nil for absence.
    static func item(in stored: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard stored.count > 2 else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: stored[head.utf8CodeUnitCount..<(stored.count - 1)])
    }
}

/// The body of a GetItem reply.
enum GetItemBody {
    /// Appends `{"Item":...}`, projected if asked, or `{}`.
    ///
    /// - Returns: False when the item can't be projected.
    static func append(
        _ item: UnsafeRawBufferPointer?,
        projection: Projection?,
        to body: inout [UInt8]
    ) -> Bool {
        guard let item = unsafe item, let projection else {
            unsafe StoredItem.append(item, to: &body)
            return true
        }
        body += "{\"Item\":".utf8
        guard unsafe projection.apply(item: item, into: &body) else { return false }
        body.append(UInt8(ascii: "}"))
        return true
    }

    /// Adds a member to a finished object.
    static func addMember(_ name: String, _ value: [UInt8], to object: inout [UInt8]) {
        object.removeLast()
        if object.count > 1 { object.append(UInt8(ascii: ",")) }
        object += "\"\(name)\":".utf8
        object += value
        object.append(UInt8(ascii: "}"))
    }
}

/// What a read asks to be cut out of an item; `value` is nil when it asks for all of it.
///
/// The initialiser gives nil for a projection that DynamoDB would refuse: the upstream words the error.
struct Projected {
    let value: Projection?

    init?(_ get: GetItemRequest, _ body: UnsafeRawBufferPointer) {
        unsafe self.init(
            expression: get.projectionExpression.map { unsafe $0.slice(of: body) },
            names: get.expressionAttributeNames.map { unsafe $0.slice(of: body) },
            attributes: get.attributesToGet.map { unsafe $0.slice(of: body) }
        )
    }

    init?(
        expression: UnsafeRawBufferPointer?,
        names: UnsafeRawBufferPointer?,
        attributes: UnsafeRawBufferPointer?
    ) {
        do {
            if let expression = unsafe expression {
                value = unsafe try Projection.parse(expression: expression, names: names)
            } else if let attributes = unsafe attributes {
                value = unsafe try Projection.parse(attributesToGet: attributes)
            } else {
                guard unsafe names == nil else { return nil }
                value = nil
            }
        } catch {
            return nil
        }
    }
}

/// Installs what was read, as of the time the reply came.
///
/// Usable on any thread.
struct Filler: Sendable {
    /// Five years: a time to live further back than that is ignored by DynamoDB.
    private static let ignoredAge: Int64 = 5 * 366 * 86_400

    /// How long an item of a global table is kept at most: about as long as replication takes to bring another region's
    /// write.
    ///
    /// Nanoseconds.
    private static let replicatedLife: UInt64 = 2_000_000_000

    let stripes: KeyStripes
    /// Monotonic nanoseconds.
    let now: UInt64
    /// Unix seconds.
    let wallClock: Int64

    /// Installs an item (or, given nil, its absence) under a lease, if the lease still stands.
    ///
    /// `cacheKey` is tenant, table, the lease's epoch and the canonical key. False when it is larger than is kept.
    func fill(
        _ item: UnsafeRawBufferPointer?,
        _ lease: FillLease,
        _ view: TenantTable,
        _ metadata: TableMetadata,
        _ tenant: Tenant,
        cacheKey: [UInt8]
    ) -> Bool {
        var value: [UInt8] = []
        unsafe StoredItem.append(item, to: &value)
        return unsafe value.withUnsafeBytes { value in
            unsafe fill(
                item,
                stored: value,
                checksum: CRC32.checksum(value),
                lease,
                view,
                metadata,
                tenant,
                cacheKey: cacheKey
            )
        }
    }

    /// Installs an item whose stored form is at hand, as above.
    func fill(
        _ item: UnsafeRawBufferPointer?,
        stored value: UnsafeRawBufferPointer,
        checksum: UInt32,
        _ lease: FillLease,
        _ view: TenantTable,
        _ metadata: TableMetadata,
        _ tenant: Tenant,
        cacheKey: [UInt8]
    ) -> Bool {
        var life = unsafe item == nil ? view.cache.negativeTimeToLive : view.cache.timeToLive
        if let item = unsafe item, let attribute = metadata.timeToLiveAttribute,
            let expiry = unsafe ItemReader.timeToLive(item, attribute: attribute)
        {
            let (seconds, isFar) = expiry.subtractingReportingOverflow(wallClock)
            if !isFar, seconds > -Self.ignoredAge {
                life = seconds <= 0 ? 0 : min(life, UInt64(seconds).multipliedClamped(by: 1_000_000_000))
            }
        }
        if metadata.isReplicated { life = min(life, Self.replicatedLife) }
        var fits = value.count <= view.cache.maxEntryBytes
        lease.table.register(tenant: tenant.number, store: tenant.store, epoch: lease.epoch)
        unsafe cacheKey.withUnsafeBytes { key in
            let hash = unsafe tenant.store.hash(key)
            _ = lease.install(into: stripes) {
                guard fits, life > 0 else {
                    // What was kept before is older than what was just read.
                    _ = unsafe tenant.store.remove(key, hash: hash)
                    return
                }
                fits = unsafe tenant.store.insert(
                    key,
                    hash: hash,
                    value: value,
                    mark: checksum,
                    expiresAt: Self.expiry(now &+ life, life: life),
                    group: CacheKey.group(table: lease.table.number, epoch: lease.epoch),
                    now: now
                )
            }
        }
        return fits
    }

    /// When an entry expires: up to 17 ms early, which takes less room, unless it lives for less than a second.
    private static func expiry(_ expiresAt: UInt64, life: UInt64) -> UInt64 {
        life < 1_000_000_000 ? expiresAt : Store.compactExpiry(expiresAt)
    }
}

extension Worker {
    /// Installs what has just come.
    var filler: Filler { Filler(stripes: shared.stripes, now: reactor.now, wallClock: wallClock) }
}

extension UInt64 {
    fileprivate func multipliedClamped(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
