/// Random UUIDs (RFC 9562, version 4).
enum UniqueID {
    static func random() -> String {
        let digits = Array("0123456789abcdef")
        let (high, low) = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
        var text = ""
        for position in 0..<32 {
            if [8, 12, 16, 20].contains(position) { text.append("-") }
            let word = position < 16 ? high : low
            var digit = Int(word >> UInt64(60 - 4 * (position % 16)) & 15)
            if position == 12 { digit = 4 }
            if position == 16 { digit = 8 | digit & 3 }
            text.append(digits[digit])
        }
        return text
    }
}
