import Cache
import DynamoDB

/// What the numbers in cache keys stand for: with the same numbers in the next process keys have the same hashes.
struct SnapshotDirectory: Equatable {
    /// A tenant, by what its number was given for: name, upstream, credentials' owner.
    struct SavedTenant: Equatable {
        var number: UInt32
        var identity: String
        var policy: PolicyKind
    }

    struct SavedDomain: Equatable {
        var identity: String
        var epoch: UInt64
        var tables: [SavedTable]
    }

    /// A table; its entries' epoch is the sum of its own and its domain's.
    struct SavedTable: Equatable {
        var number: UInt32
        var name: [UInt8]
        var epoch: UInt64
    }

    /// A table of a tenant's of which whole entries were saved, as it was described.
    struct SavedView: Equatable {
        var tenant: UInt32
        var table: UInt32
        var metadata: TableMetadata
    }

    var tenants: [SavedTenant] = []
    var domains: [SavedDomain] = []
    var views: [SavedView] = []

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: UInt32(tenants.count))
        for tenant in tenants {
            bytes.append(little: tenant.number)
            bytes.append(string: tenant.identity.utf8)
            bytes.append(string: tenant.policy.rawValue.utf8)
        }
        bytes.append(little: UInt32(domains.count))
        for domain in domains {
            bytes.append(string: domain.identity.utf8)
            bytes.append(little: domain.epoch)
            bytes.append(little: UInt32(domain.tables.count))
            for table in domain.tables {
                bytes.append(little: table.number)
                bytes.append(string: table.name)
                bytes.append(little: table.epoch)
            }
        }
        bytes.append(little: UInt32(views.count))
        for view in views {
            bytes.append(little: view.tenant)
            bytes.append(little: view.table)
            Self.append(view.metadata, to: &bytes)
        }
        return bytes
    }

    /// Nil for anything but what `encoded` makes.
    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        func list<Element>(_ element: () -> Element?) -> [Element]? {
            // Each element takes a byte at least, so a count is no reason to reserve room.
            guard let count = reader.integer(UInt32.self), Int(count) <= reader.left else { return nil }
            var elements: [Element] = []
            for _ in 0..<count {
                guard let element = element() else { return nil }
                elements.append(element)
            }
            return elements
        }
        func text() -> String? { reader.string().flatMap { String(validating: $0, as: UTF8.self) } }

        let tenants = list { () -> SavedTenant? in
            guard let number = reader.integer(UInt32.self), let identity = text(), let policy = text() else {
                return nil
            }
            return PolicyKind(rawValue: policy).map { SavedTenant(number: number, identity: identity, policy: $0) }
        }
        let domains = list { () -> SavedDomain? in
            guard let identity = text(), let epoch = reader.integer(UInt64.self) else { return nil }
            let tables = list { () -> SavedTable? in
                guard let number = reader.integer(UInt32.self), let name = reader.string(),
                    let epoch = reader.integer(UInt64.self)
                else { return nil }
                return SavedTable(number: number, name: name, epoch: epoch)
            }
            return tables.map { SavedDomain(identity: identity, epoch: epoch, tables: $0) }
        }
        let views = list { () -> SavedView? in
            guard let tenant = reader.integer(UInt32.self), let table = reader.integer(UInt32.self) else { return nil }
            return Self.metadata(&reader).map { SavedView(tenant: tenant, table: table, metadata: $0) }
        }
        guard let tenants, let domains, let views, reader.left == 0 else { return nil }
        self.tenants = tenants
        self.domains = domains
        self.views = views
        guard hasUniqueNumbers else { return nil }
    }

    /// Numbers stand for one thing each: else one's entries could be taken for another's.
    private var hasUniqueNumbers: Bool {
        func areUnique(_ numbers: [UInt32]) -> Bool {
            Set(numbers).count == numbers.count && numbers.allSatisfy { $0 < UInt32.max / 2 }
        }
        return areUnique(tenants.map(\.number)) && Set(tenants.map(\.identity)).count == tenants.count
            && areUnique(domains.flatMap(\.tables).map(\.number)) && Set(domains.map(\.identity)).count == domains.count
            && domains.allSatisfy { domain in Set(domain.tables.map(\.name)).count == domain.tables.count }
    }

    init() {}

    private static func append(_ metadata: TableMetadata, to bytes: inout [UInt8]) {
        bytes.append(optional: metadata.identity.map { Array($0.utf8) })
        bytes.append(optional: metadata.arn.map { Array($0.utf8) })
        bytes.append(optional: metadata.timeToLiveAttribute)
        bytes.append(metadata.isReplicated ? 1 : 0)
        let attributes = metadata.schema.map { [$0.partitionKey] + ($0.sortKey.map { [$0] } ?? []) } ?? []
        bytes.append(UInt8(attributes.count))
        for attribute in attributes {
            bytes.append(string: attribute.name)
            bytes.append(attribute.type.rawValue)
        }
    }

    private static func metadata(_ reader: inout ByteReader) -> TableMetadata? {
        guard let identity = reader.optionalString(), let arn = reader.optionalString(),
            let attribute = reader.optionalString(), let isReplicated = reader.integer(UInt8.self),
            let count = reader.integer(UInt8.self), count <= 2
        else { return nil }
        var attributes: [KeySchema.Attribute] = []
        for _ in 0..<count {
            guard let name = reader.string(), let type = reader.integer(UInt8.self).flatMap(ScalarAttributeType.init)
            else { return nil }
            attributes.append(KeySchema.Attribute(name: String(decoding: name, as: UTF8.self), type: type))
        }
        return TableMetadata(
            identity: identity.map { String(decoding: $0, as: UTF8.self) },
            schema: attributes.first.map { first in
                KeySchema(partitionKey: first, sortKey: count == 2 ? attributes[1] : nil)
            },
            arn: arn.map { String(decoding: $0, as: UTF8.self) },
            timeToLiveAttribute: attribute,
            isReplicated: isReplicated != 0
        )
    }
}
