import Cache
import SigV4

/// Who may call, as of one reading of the configuration.
///
/// Immutable; each worker holds one and gets a new one on reload. A class, so that to hold it for a call is to count one
/// reference.
final class TenantRegistry: Sendable {
    /// One access key: whose it is and what a request signed with it must carry.
    final class Principal: Sendable {
        let tenant: Tenant
        let secret: SecretKey
        let sessionToken: [UInt8]?

        init(tenant: Tenant, secret: SecretKey, sessionToken: [UInt8]?) {
            self.tenant = tenant
            self.secret = secret
            self.sessionToken = sessionToken
        }
    }

    /// How requests over their tenant's rates are held back.
    let throttling: ThrottlingSettings

    private let index: AccessKeyIndex
    private let principals: [Principal]

    init(
        principals: [(accessKeyID: String, principal: Principal)],
        throttling: ThrottlingSettings = ThrottlingSettings()
    ) {
        self.throttling = throttling
        index = AccessKeyIndex(principals.map(\.accessKeyID))
        self.principals = principals.map(\.principal)
    }

    /// The number of access keys.
    var keyCount: Int { principals.count }

    /// The number of an access key id, by which its owner is found.
    ///
    /// No allocation.
    func number(ofAccessKey id: UnsafeRawBufferPointer) -> Int? {
        unsafe index.index(of: id)
    }

    /// The owner of an access key.
    func principal(_ number: Int) -> Principal {
        principals[number]
    }

    /// What every hit touches, whatever its key: a row for each access key, as a worker sees it.
    func coldLines(lane: Int) -> ColdLines {
        var lines = ColdLines(rows: principals.count)
        for (row, principal) in principals.enumerated() {
            lines.add(principal, bytes: 40, to: row)
            lines.add(principal.secret, bytes: 32, to: row)
            principal.tenant.addColdLines(to: &lines, row: row, lane: lane)
        }
        return lines
    }
}
