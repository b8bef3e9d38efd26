/// Numbers as people read them.
enum Figures {
    /// Whole numbers of KiB, MiB or GiB where there are any, else two decimals of the largest.
    static func bytes(_ count: Int) -> String {
        let units: [(name: String, shift: Int)] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        guard let unit = units.first(where: { unit in count >> unit.shift > 0 }) else { return "\(count)B" }
        if count & ((1 << unit.shift) - 1) == 0 { return "\(count >> unit.shift)\(unit.name)" }
        return decimal(Double(count) / Double(1 << unit.shift), places: 2) + unit.name
    }

    /// Bytes a second, in powers of 1000.
    static func rate(_ bytes: Double) -> String {
        let units: [(name: String, size: Double)] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
        guard let unit = units.first(where: { unit in bytes >= unit.size }) else {
            return decimal(bytes, places: 0) + "B"
        }
        return decimal(bytes / unit.size, places: 2) + unit.name
    }

    static func decimal(_ number: Double, places: Int) -> String {
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        guard number.isFinite, number.magnitude * factor < 1e15 else { return "\(number)" }
        let scaled = Int((number.magnitude * factor).rounded())
        let digits = String(scaled % Int(factor))
        let fraction = places == 0 ? "" : "." + String(repeating: "0", count: places - digits.count) + digits
        return (number < 0 && scaled > 0 ? "-" : "") + "\(scaled / Int(factor))" + fraction
    }

    /// Columns as wide as their widest cell; the first `left` columns to the left, the others to the right.
    static func table(_ rows: [[String]], left: Int) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < left ? cell.0 + padding : padding + cell.0
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}
