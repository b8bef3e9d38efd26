internal import DynamoDB

/// Writes keys and items of a tenant's table as JSON; of the same length for all keys.
///
/// A table has the partition key `id`; one for Query has the range key `seq` besides, and 1,000 items in a partition.
/// An item's one other attribute is `payload`, a string that fills it up to its size.
struct ItemWriter {
    static let partitionItems = 1_000
    private static let digits = 12
    /// Bytes of `id` and `payload` and of a key's text.
    private static let plainSize = 2 + 13 + 7
    private static let rangedSize = plainSize + 3 + 13
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

    init(_ plan: TenantPlan, trace: TraceKeys?, seed: UInt64) {
        hasRangeKey = plan.mix.needsRangeKey
        sizes = plan.sizes
        self.trace = trace
        self.seed = seed
        var quoted: [UInt8] = []
        JSONText.appendQuoted(plan.table.utf8, to: &quoted)
        table = quoted
    }

    /// Bytes of an item, as DynamoDB counts them.
    func size(of key: Int) -> Int {
        let fixed = hasRangeKey ? Self.rangedSize : Self.plainSize
        let wanted =
            trace.flatMap { key < $0.keys ? Int($0.sizes[key]) : nil } ?? sizes.size(of: key, seed: seed)
        return max(fixed + 1, wanted)
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
        output.append(contentsOf: #","payload":"#.utf8)
        appendPayload(key, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// The value of an item's payload, `{"S":"..."}`.
    func appendPayload(_ key: Int, to output: inout [UInt8]) {
        let count = size(of: key) - (hasRangeKey ? Self.rangedSize : Self.plainSize)
        let start = key & 4095
        output.append(contentsOf: #"{"S":""#.utf8)
        output.append(contentsOf: Self.filler[start..<start + min(count, ItemSizes.largest)])
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
