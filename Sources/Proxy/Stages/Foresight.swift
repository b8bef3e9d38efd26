import Cache
import DynamoDB
import SigV4
import Transport

/// A GetItem as far as it has been read before it is known whether its signature holds.
///
/// Valid only during `Worker.handle`, and of no effect by itself: so the memory that the answer is in comes to be at hand
/// while the signature is being verified.
///
/// A class, so that it is made once and not copied on its way.
final class ForeseenGet {
    fileprivate(set) var isRead = false
    fileprivate(set) var get = GetItemRequest()
    /// Where the answer is looked for; the cache key is in `Worker.keyBuffer` then, made in that epoch, and this is its hash.
    fileprivate(set) var view: TenantTable?
    fileprivate(set) var epoch: UInt64 = 0
    fileprivate(set) var hash: UInt64 = 0
    /// The number of the access key.
    fileprivate(set) var accessKey = 0

    /// Forgets it.
    func clear() {
        isRead = false
        view = nil
    }
}

/// What a hit reads of a tenant that seldom asks, and of a large cache, lies far away, each place known only from another.
/// Verification takes long enough to have it fetched meanwhile, in three steps: what any hit of the tenant touches, the part
/// of the index that has the key, the entry.
///
/// Nothing is answered, counted, remembered or made by it. What can't be read is left for later: errors are those of the
/// stages that follow, in their order.
extension Worker {
    /// A longer body is not read ahead: who can't sign costs little more than the hash of it.
    private static let foreseenBytes = 1 << 10

    /// Goes a step on, with the tenant by whose key the request says that it is signed.
    func foresee(
        _ step: VerificationStep,
        target: UnsafeRawBufferPointer?,
        _ body: UnsafeRawBufferPointer,
        accessKey: Int,
        _ tenant: Tenant
    ) {
        switch step {
        case .body:
            guard let target = unsafe target, unsafe Target.isGetItem(target),
                body.count <= Self.foreseenBytes
            else { return }
            do throws(RequestError) {
                foreseen.get = unsafe try GetItemRequest.parse(body)
                foreseen.isRead = true
                unsafe foreseeIndex(body, accessKey: accessKey, tenant)
            } catch {
                // For the stage to find.
            }
        case .head:
            if foreseen.view != nil { tenant.store.prefetchEntry(hash: foreseen.hash) }
        }
    }

    private func foreseeIndex(_ body: UnsafeRawBufferPointer, accessKey: Int, _ tenant: Tenant) {
        guard foreseen.get.isCacheable, !foreseen.get.consistentRead, foreseen.get.tableNameIsPlain,
            let view = unsafe knownView(of: foreseen.get.tableName.slice(of: body), accessKey: accessKey, tenant),
            view.cache.isEnabled
        else { return }
        let epoch = view.table.epoch
        CacheKey.begin(keyBuffer, tenant: tenant.number, table: view.table.number, epoch: epoch)
        guard unsafe ItemKey.appendCanonical(foreseen.get, of: body, to: keyBuffer) else { return }
        foreseen.hash = unsafe tenant.store.hash(keyBuffer.bytes)
        foreseen.epoch = epoch
        foreseen.view = view
        foreseen.accessKey = accessKey
        tenant.store.prefetchIndex(hash: foreseen.hash)
    }
}
