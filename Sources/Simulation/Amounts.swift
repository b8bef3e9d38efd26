import Foundation

/// Bytes: a whole number, or a text such as `64MiB`.
struct ByteCount: Decodable {
    var bytes: Int

    /// More than any cache has, and exact as a `Double`.
    private static let most = 0x1p53

    init(from decoder: any Decoder) throws {
        let amount = try ByteRate(from: decoder).bytes
        guard amount.magnitude <= Self.most, let bytes = Int(exactly: amount) else {
            let text = amount.magnitude <= Self.most ? "is no whole number of bytes" : "bytes are too many"
            throw Problem(place: Members.place(decoder.codingPath), text: "\(amount) \(text)")
        }
        self.bytes = bytes
    }
}

/// Bytes, as of a second: any number, or a text such as `10MB`.
struct ByteRate: Decodable {
    var bytes: Double

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        guard let text = try? value.decode(String.self) else {
            do {
                bytes = try value.decode(Double.self)
            } catch DecodingError.typeMismatch {
                throw Problem(place: Members.place(decoder.codingPath), text: "an amount of bytes belongs here")
            }
            return
        }
        guard let bytes = ByteUnits.parse(text) else {
            throw Problem(
                place: Members.place(decoder.codingPath),
                text: "'\(text)' is no amount of bytes such as 64MiB, 1.5GB or 65536"
            )
        }
        self.bytes = bytes
    }
}

enum ByteUnits {
    private static let factors: [(name: String, factor: Double)] = [
        ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40),
        ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ]

    /// Nil for what is no finite amount with one of the units, or with none.
    static func parse(_ text: String) -> Double? {
        let unit = factors.first { unit in text.hasSuffix(unit.name) }
        let digits = text.dropLast(unit?.name.count ?? 0).trimmingCharacters(in: .whitespaces)
        // `Double` reads words and hexadecimal digits too.
        guard digits.allSatisfy({ "0123456789.-".contains($0) }), let number = Double(digits) else { return nil }
        let amount = number * (unit?.factor ?? 1)
        return amount.isFinite ? amount : nil
    }
}
