/// Looks single attributes up in raw items.
public enum ItemReader {
    /// The time to live of a raw item: the value of the top-level number attribute `attribute` (UTF-8) in whole seconds
    /// since 1970, rounded down, at most what an Int64 holds.
    ///
    /// Nil when the item has no such number.
    public static func timeToLive(_ item: UnsafeRawBufferPointer, attribute: [UInt8]) -> Int64? {
        do {
            var reader = unsafe JSONReader(item)
            try reader.beginObject(.attributeMap)
            while let name = try reader.nextMember() {
                let isWanted = unsafe attribute.withUnsafeBytes { attribute in
                    unsafe JSONText.isEqual(name.range.slice(of: item), plain: attribute)
                }
                guard isWanted else {
                    try reader.skipValue()
                    continue
                }
                try reader.beginObject(.attributeValue)
                guard let type = try reader.nextMember(), reader.matches(type, "N") else { return nil }
                let text = try reader.string()
                guard let number = unsafe try? NumberText(UnescapedBytes(text.range.slice(of: item))) else {
                    return nil
                }
                return wholeSeconds(number)
            }
            return nil
        } catch {
            return nil
        }
    }

    private static func wholeSeconds(_ number: NumberText) -> Int64 {
        let parts = number.description.utf8.split(separator: UInt8(ascii: "."))
        var seconds: Int64 = 0
        for digit in parts[0] where digit != UInt8(ascii: "-") {
            let (tens, isTooLarge) = seconds.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(Int64(digit) - 0x30)
            if isTooLarge || isStillTooLarge { return number.isNegative ? .min : .max }
            seconds = sum
        }
        // Down, not towards zero.
        return number.isNegative ? -seconds - (parts.count > 1 ? 1 : 0) : seconds
    }
}
