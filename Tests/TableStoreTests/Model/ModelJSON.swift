/// Reads JSON as replies have it, which is strict: no member twice, nothing behind the value.
struct ModelJSON {
    private let text: [UInt8]
    private var place = 0

    static func value(_ text: [UInt8]) throws -> JSON {
        var reader = ModelJSON(text: text)
        let value = try reader.value()
        guard reader.place == text.count else { throw reader.error }
        return value
    }

    private init(text: [UInt8]) {
        self.text = text
    }

    private var error: ModelReadingError {
        ModelReadingError(description: "not JSON at \(place): \(String(decoding: text, as: UTF8.self))")
    }

    private mutating func take(_ byte: UInt8) throws {
        guard place < text.count, text[place] == byte else { throw error }
        place += 1
    }

    /// Whether a list goes on; takes the comma, or the byte that ends the list.
    private mutating func goesOn(_ end: UInt8, isFirst: Bool) throws -> Bool {
        guard place < text.count else { throw error }
        if text[place] == end {
            place += 1
            return false
        }
        if !isFirst { try take(UInt8(ascii: ",")) }
        return true
    }

    private mutating func value() throws -> JSON {
        guard place < text.count else { throw error }
        switch text[place] {
        case UInt8(ascii: "{"):
            place += 1
            var members: [String: JSON] = [:]
            while try goesOn(UInt8(ascii: "}"), isFirst: members.isEmpty) {
                let name = try string()
                try take(UInt8(ascii: ":"))
                guard members.updateValue(try value(), forKey: name) == nil else { throw error }
            }
            return .object(members)
        case UInt8(ascii: "["):
            place += 1
            var elements: [JSON] = []
            while try goesOn(UInt8(ascii: "]"), isFirst: elements.isEmpty) { elements.append(try value()) }
            return .array(elements)
        case UInt8(ascii: "\""):
            return .string(try string())
        default:
            let start = place
            while place < text.count, !",]}".utf8.contains(text[place]) { place += 1 }
            let word = String(decoding: text[start..<place], as: UTF8.self)
            if let value = ["true": JSON.boolean(true), "false": .boolean(false), "null": .null][word] { return value }
            guard let number = Double(word) else { throw error }
            return .number(number)
        }
    }

    private mutating func string() throws -> String {
        try take(UInt8(ascii: "\""))
        let start = place
        while place < text.count, text[place] != UInt8(ascii: "\""), text[place] != UInt8(ascii: "\\") { place += 1 }
        if place < text.count, text[place] == UInt8(ascii: "\"") {
            place += 1
            return String(decoding: text[start..<(place - 1)], as: UTF8.self)
        }
        var units = Array(String(decoding: text[start..<place], as: UTF8.self).utf16)
        while place < text.count, text[place] != UInt8(ascii: "\"") {
            if text[place] == UInt8(ascii: "\\") {
                units.append(try escape())
            } else {
                let start = place
                while place < text.count, text[place] != UInt8(ascii: "\""), text[place] != UInt8(ascii: "\\") {
                    place += 1
                }
                units += Array(String(decoding: text[start..<place], as: UTF8.self).utf16)
            }
        }
        try take(UInt8(ascii: "\""))
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func escape() throws -> UInt16 {
        guard place + 1 < text.count else { throw error }
        let letter = text[place + 1]
        place += 2
        if letter == UInt8(ascii: "u") {
            guard place + 4 <= text.count,
                let unit = UInt16(String(decoding: text[place..<(place + 4)], as: UTF8.self), radix: 16)
            else { throw error }
            place += 4
            return unit
        }
        let meanings: [UInt8: UInt16] = [
            UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12,
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F,
        ]
        guard let unit = meanings[letter] else { throw error }
        return unit
    }
}
