internal import DynamoDB

/// Writes keys and items of a tenant's table as JSON; of the same length for all keys.
///
/// A table has the partition key `id`; one for Query has the range key `seq` besides, and 1,000 items in a partition.
/// An item's other attribute is `payload`, or in YCSB's mixes `field0` to `field9`: strings that fill it up to its size.
struct ItemWriter {
    static let partitionItems = 1_000
    private static let digits = 12
    /// Bytes of `id` and of `seq` with a key's text.
    private static let idSize = 2 + 13
    private static let seqSize = 3 + 13
    private static let filler: [UInt8] = {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var random = RandomSource(seed: 7)
        return (0..<ItemSizes.largest + 4096).map { _ in letters[random.below(letters.count)] }
    }()

    let hasRangeKey: Bool
    private let sizes: ItemSizes
    private let trace: TraceKeys?
    private let seed: UInt64
    private let table: [UInt8]
    /// The names of the attributes that are not the key's.
    private let fields: [[UInt8]]
    /// Bytes of an item without the values of these.
    private let fixed: Int

    init(_ plan: TenantPlan, trace: TraceKeys?, seed: UInt64) {
        hasRangeKey = plan.mix.needsRangeKey
        sizes = plan.sizes
        self.trace = trace
        self.seed = seed
        var quoted: [UInt8] = []
        JSONText.appendQuoted(plan.table.utf8, to: &quoted)
        table = quoted
        fields = plan.mix.fields == 1 ? [Array("payload".utf8)] : (0..<plan.mix.fields).map { Array("field\($0)".utf8) }
        fixed = Self.idSize + (hasRangeKey ? Self.seqSize : 0) + fields.reduce(0) { $0 + $1.count }
    }

    /// Bytes of an item, as DynamoDB counts them.
    func size(of key: Int) -> Int {
        let wanted =
            trace.flatMap { key < $0.keys ? Int($0.sizes[key]) : nil } ?? sizes.size(of: key, seed: seed)
        return max(fixed + fields.count, wanted)
    }

    /// The table's name with its quotes.
    func appendTable(to output: inout [UInt8]) {
        output.append(contentsOf: table)
    }

    /// A key, `{"id":{"S":"k..."}}`.
    func appendKey(_ key: Int, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        appendKeyAttributes(key, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// An item, `{"id":{"S":"k..."},"payload":{"S":"..."}}`.
    func appendItem(_ key: Int, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        appendKeyAttributes(key, to: &output)
        for field in fields.indices {
            output.append(contentsOf: #",""#.utf8)
            output.append(contentsOf: fields[field])
            output.append(contentsOf: #"":"#.utf8)
            appendValue(of: field, key, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// The members of an UpdateItem that write one of the attributes: which one follows from the key.
    func appendUpdate(_ key: Int, to output: inout [UInt8]) {
        let field = key % fields.count
        output.append(contentsOf: #","UpdateExpression":"SET "#.utf8)
        output.append(contentsOf: fields[field])
        output.append(contentsOf: #" = :v","ExpressionAttributeValues":{":v":"#.utf8)
        appendValue(of: field, key, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// The value of an attribute, `{"S":"..."}`; they share what the item's size leaves them.
    private func appendValue(of field: Int, _ key: Int, to output: inout [UInt8]) {
        let count = min(size(of: key) - fixed, ItemSizes.largest)
        let start = key & 4095
        let range = start + count * field / fields.count..<start + count * (field + 1) / fields.count
        output.append(contentsOf: #"{"S":""#.utf8)
        output.append(contentsOf: Self.filler[range])
        output.append(contentsOf: #""}"#.utf8)
    }

    /// The value of a partition key, `{"S":"g..."}`.
    func appendPartition(of key: Int, to output: inout [UInt8]) {
        append(UInt8(ascii: "g"), key / Self.partitionItems, to: &output)
    }

    /// The value of a range key, or of the only key, `{"S":"k..."}`.
    func appendPlace(of key: Int, to output: inout [UInt8]) {
        append(UInt8(ascii: "k"), key, to: &output)
    }

    private func appendKeyAttributes(_ key: Int, to output: inout [UInt8]) {
        output.append(contentsOf: #""id":"#.utf8)
        if hasRangeKey {
            appendPartition(of: key, to: &output)
            output.append(contentsOf: #","seq":"#.utf8)
        }
        appendPlace(of: key, to: &output)
    }

    private func append(_ letter: UInt8, _ number: Int, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"S":""#.utf8)
        output.append(letter)
        let start = output.count
        output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Self.digits))
        var rest = number
        var place = start + Self.digits
        while rest > 0, place > start {
            place -= 1
            output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        output.append(contentsOf: #""}"#.utf8)
    }
}
