import Cache
import DynamoDB

/// A BatchGetItem taken apart: what memory has of it, and what must be read upstream.
struct BatchPlan {
    /// What is known of one key.
    enum Found {
        /// The stored form of the item or of its absence.
        case stored([UInt8])
        /// To be read upstream.
        case missing
        /// Left for the client to ask again: the reply is full.
        case postponed
    }

    struct Key {
        let range: ByteRange
        let canonical: [UInt8]
        var found = Found.missing
    }

    struct TablePart {
        let spec: BatchGetTable
        let view: TenantTable
        let projection: Projection?
        var keys: [Key]

        var missing: [Key] {
            keys.filter { key in
                if case .missing = key.found { true } else { false }
            }
        }
    }

    let request: BatchGetItemRequest
    var tables: [TablePart]

    /// What a reply may hold at most, in bytes: DynamoDB's 16 MiB.
    static let maxReplyBytes = 16 << 20

    var missingCount: Int { tables.reduce(0) { $0 + $1.missing.count } }
    var keyCount: Int { tables.reduce(0) { $0 + $1.keys.count } }

    /// Why, or how far, the cache answered.
    var status: CacheStatus {
        let missing = missingCount
        if missing == 0 { return .hit }
        if missing < keyCount { return .partial }
        return tables.allSatisfy(\.spec.consistentRead) ? .consistentRead : .miss
    }
}

/// Puts the reply of a BatchGetItem together.
struct BatchReplyBody {
    private var bytes = Array("{\"Responses\":{".utf8)
    private var isFirst = true

    /// Adds a table's items, already projected, in any order.
    mutating func addTable(_ rawName: UnsafeRawBufferPointer, items: [[UInt8]]) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(contentsOf: rawName)
        bytes += "\":[".utf8
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The whole reply, with one finished entry of `UnprocessedKeys` for each table that has some; `capacity` is nil when
    /// none was asked for.
    func finished(unprocessed: [[UInt8]], capacity: [ConsumedCapacity]?) -> [UInt8] {
        var bytes = bytes
        bytes += "},\"UnprocessedKeys\":{".utf8
        bytes += unprocessed.joined(separator: [UInt8(ascii: ",")])
        bytes.append(UInt8(ascii: "}"))
        if let capacity {
            bytes += ",\"ConsumedCapacity\":[".utf8
            for (index, entry) in capacity.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                entry.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
