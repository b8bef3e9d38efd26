import JSON

extension ReplayResult {
    /// A JSON array, one line for each result.
    public static func json(_ results: [ReplayResult]) -> String {
        "[\n" + results.map { $0.jsonValue.text }.joined(separator: ",\n") + "\n]\n"
    }

    private var jsonValue: JSONValue {
        .object([
            ("cache", .integer(cache)), ("policy", .string(policy)), ("accounting", .string(accounting)),
            ("requests", .integer(requests)), ("reads", .integer(reads)), ("writes", .integer(writes)),
            ("deletes", .integer(deletes)), ("hits", .integer(hits)), ("misses", .integer(misses)),
            ("request_miss_ratio", .number(requestMissRatio)), ("byte_miss_ratio", .number(byteMissRatio)),
            ("rcu_miss_ratio", .number(readUnitMissRatio)),
            ("overhead_bytes_per_item", .number(overheadPerItem)), ("items", .integer(items)),
            ("payload_bytes", .integer(payload)), ("memory_bytes", .integer(memory)),
            ("evictions", .integer(Int(clamping: evictions))), ("expirations", .integer(Int(clamping: expirations))),
            ("refusals", .integer(refusals)),
        ])
    }

    /// A table for people.
    public static func table(_ results: [ReplayResult]) -> String {
        guard let first = results.first else { return "" }
        let rows = results.map { result in
            [
                Figures.bytes(result.cache), Figures.ratio(result.requestMissRatio),
                Figures.ratio(result.byteMissRatio),
                Figures.ratio(result.readUnitMissRatio), "\(result.hits)", "\(result.misses)", "\(result.evictions)",
                "\(result.items)", Figures.bytes(result.memory), Figures.decimal(result.overheadPerItem, places: 1),
            ]
        }
        let names = [
            "cache", "request miss", "byte miss", "RCU miss", "hits", "misses", "evictions", "items", "memory",
            "B/item",
        ]
        let head =
            "\(first.policy), \(first.accounting) accounting, \(first.requests) requests, \(first.reads) reads\n\n"
        return head + Figures.table([names] + rows)
    }
}

extension MissRatios {
    /// One JSON object.
    public var json: String {
        // A curve is plotted: of nothing read, nothing was missed.
        func list(_ values: [Double]) -> JSONValue { .list(values.map { .number($0.isFinite ? $0 : 0) }) }
        let value = JSONValue.object([
            ("policy", .string(policy)), ("accounting", .string(accounting)), ("exact", .flag(isExact)),
            ("reads", .integer(reads)), ("sizes", .list(sizes.map { .integer($0) })),
            ("miss_ratio", list(missRatio)), ("byte_miss_ratio", list(byteMissRatio)),
            ("rcu_miss_ratio", list(readUnitMissRatio)), ("error", list(error)),
        ])
        return value.text + "\n"
    }

    /// A table for people.
    public var table: String {
        let names = ["cache", "request miss", "byte miss", "RCU miss", "error"]
        let rows = sizes.indices.map { index in
            [
                Figures.bytes(sizes[index]), Figures.ratio(missRatio[index]), Figures.ratio(byteMissRatio[index]),
                Figures.ratio(readUnitMissRatio[index]), Figures.ratio(error[index]),
            ]
        }
        let head = "\(policy), \(accounting) accounting, \(reads) reads, \(isExact ? "exact" : "estimated")\n\n"
        return head + Figures.table([names] + rows)
    }
}

/// Numbers as people read them.
enum Figures {
    /// Whole numbers of KiB, MiB or GiB where there are any, else two decimals of the largest.
    static func bytes(_ count: Int) -> String {
        let units: [(String, Int)] = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        guard let (name, shift) = units.first(where: { count >> $0.1 > 0 }) else { return "\(count)B" }
        if count & ((1 << shift) - 1) == 0 { return "\(count >> shift)\(name)" }
        return decimal(Double(count) / Double(1 << shift), places: 2) + name
    }

    static func ratio(_ ratio: Double) -> String { decimal(ratio, places: 5) }

    static func decimal(_ number: Double, places: Int) -> String {
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        guard number.isFinite, abs(number) * factor < 1e15 else { return "\(number)" }
        let scaled = Int((abs(number) * factor).rounded())
        let digits = String(scaled % Int(factor))
        let fraction = String(repeating: "0", count: places - digits.count) + digits
        return (number < 0 && scaled > 0 ? "-" : "") + "\(scaled / Int(factor)).\(fraction)"
    }

    /// Columns as wide as their widest cell, right-aligned.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            zip(row, widths).map { cell, width in String(repeating: " ", count: width - cell.count) + cell }
                .joined(separator: "  ") + "\n"
        }.joined()
    }
}
