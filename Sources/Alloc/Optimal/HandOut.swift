/// Hands out what a division leaves: in proportion to what each owns, or to the bases where nobody owns or wants any.
enum HandOut {
    /// Adds to `shares` what they leave of `total`.
    ///
    /// `demanded` says of RCU, WCU and egress whether somebody has a use for it.
    static func rest(
        of total: ResourceVector,
        to shares: inout [ResourceVector],
        tenants: [TenantProfile],
        demanded: SIMDMask<SIMD4<Int64>>
    ) {
        rest(total.readUnits, &shares, \.readUnits, tenants, isDemanded: demanded[0])
        rest(total.writeUnits, &shares, \.writeUnits, tenants, isDemanded: demanded[1])
        rest(total.egressBytes, &shares, \.egressBytes, tenants, isDemanded: demanded[2])
    }

    private static func rest(
        _ total: Double,
        _ shares: inout [ResourceVector],
        _ amount: WritableKeyPath<ResourceVector, Double>,
        _ tenants: [TenantProfile],
        isDemanded: Bool
    ) {
        let owned = shares.reduce(0) { sum, share in sum + share[keyPath: amount] }
        let left = total - owned
        guard left > 0 else { return }
        if isDemanded, owned > 0 {
            for index in shares.indices {
                shares[index][keyPath: amount] += left * (shares[index][keyPath: amount] / owned)
            }
        } else if total > 0 {
            for index in shares.indices {
                shares[index][keyPath: amount] += left * (tenants[index].usableBase[keyPath: amount] / total)
            }
        }
    }
}

/// Division of the cache in whole bytes.
enum WholeBytes {
    /// The parts rounded so that they sum up to the total: down, and what is left goes first to who lost a fraction, as a
    /// cliff may be there, then to all in proportion to what they have.
    static func round(_ parts: [Double], total: Int) -> [Int] {
        var whole: [Int] = []
        whole.reserveCapacity(parts.count)
        var left = total
        var cut: [Int] = []
        for part in parts {
            let bytes = min(Int(max(0, min(part, 0x1p62))), max(0, left))
            if Double(bytes) < part { cut.append(whole.count) }
            whole.append(bytes)
            left -= bytes
        }
        for index in cut where left > 0 {
            whole[index] += 1
            left -= 1
        }
        guard left > 0, let largest = whole.indices.max(by: { one, other in whole[one] < whole[other] }) else {
            return whole
        }
        let owned = Double(total - left)
        if owned > 0 {
            let available = Double(left)
            for index in whole.indices where left > 0 {
                let more = min(left, Int(available * (Double(whole[index]) / owned)))
                whole[index] += more
                left -= more
            }
        }
        whole[largest] += left
        return whole
    }
}
