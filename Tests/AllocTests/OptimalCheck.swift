import Alloc
import Testing

/// What holds of every allocation of the policy.
enum OptimalCheck {
    static func isSound(_ allocation: Allocation, of tenants: [TenantProfile], _ name: @autoclosure () -> String) {
        guard allocation.shares.count == tenants.count else {
            Issue.record("\(name()): \(allocation.shares.count) shares for \(tenants.count) tenants")
            return
        }
        var (cache, readUnits, writeUnits, egress) = (0, 0.0, 0.0, 0.0)
        var (allCache, allReadUnits, allWriteUnits, allEgress) = (0, 0.0, 0.0, 0.0)
        for (index, (tenant, share)) in zip(tenants, allocation.shares).enumerated() {
            let amounts = [share.readUnits, share.writeUnits, share.egressBytes]
            guard share.cacheBytes >= 0, amounts.allSatisfy({ amount in amount >= 0 && amount < .infinity }) else {
                Issue.record("\(name()), tenant \(index): \(share)")
                continue
            }
            let (floor, base) = (tenant.floor, tenant.base)
            let keepsFloor =
                share.cacheBytes >= min(floor.cacheBytes, base.cacheBytes)
                && share.readUnits >= min(floor.readUnits, base.readUnits) * (1 - 1e-12)
                && share.writeUnits >= min(floor.writeUnits, base.writeUnits) * (1 - 1e-12)
                && share.egressBytes >= min(floor.egressBytes, base.egressBytes) * (1 - 1e-12)
            if !keepsFloor { Issue.record("\(name()), tenant \(index): below its floor: \(share)") }
            let needed = tenant.baseThroughput
            if needed.isFinite, tenant.throughput(with: share) < needed * (1 - 1e-9) {
                Issue.record("\(name()), tenant \(index): \(tenant.throughput(with: share)) below \(needed)")
            }
            cache += share.cacheBytes
            readUnits += share.readUnits
            writeUnits += share.writeUnits
            egress += share.egressBytes
            allCache += base.cacheBytes
            allReadUnits += base.readUnits
            allWriteUnits += base.writeUnits
            allEgress += base.egressBytes
        }
        // Everything is handed out, and no more.
        #expect(cache == allCache, "\(name())")
        #expect(abs(readUnits - allReadUnits) <= 1e-9 * allReadUnits, "\(name()): \(readUnits) of \(allReadUnits)")
        #expect(abs(writeUnits - allWriteUnits) <= 1e-9 * allWriteUnits, "\(name()): \(writeUnits) of \(allWriteUnits)")
        #expect(abs(egress - allEgress) <= 1e-9 * allEgress, "\(name()): \(egress) of \(allEgress)")
    }
}
