/// The size of an item by DynamoDB's arithmetic (Developer Guide, "Item sizes and formats"; numbers after
/// mhart/dynalite, which was compared with the service).
///
/// Names count with their UTF-8 bytes; the 100 bytes a stored item is billed for on top do not count.
public enum ItemSize {
    /// The size in bytes of a raw item (`{"id":{"N":"1"}}`).
    ///
    /// Nil when it is not one.
    public static func bytes(ofItem item: UnsafeRawBufferPointer) -> Int? {
        do {
            var reader = unsafe JSONReader(item)
            let size = try read(&reader)
            try reader.finish()
            return size
        } catch {
            return nil
        }
    }

    /// The size in bytes of the raw item that comes next.
    static func read(_ reader: inout JSONReader) throws(RequestError) -> Int {
        try attributes(&reader, overhead: 0)
    }

    /// An object of attribute values.
    ///
    /// Recursion is bounded by the reader's depth.
    private static func attributes(_ reader: inout JSONReader, overhead: Int) throws(RequestError) -> Int {
        var size = 0
        try reader.beginObject(.attributeMap)
        while let name = try reader.nextMember() {
            size += text(name, reader) + overhead
            size += try value(&reader)
        }
        return size
    }

    /// One attribute value, `{"<type>":...}`.
    private static func value(_ reader: inout JSONReader) throws(RequestError) -> Int {
        try reader.beginObject(.attributeValue)
        guard let type = try reader.nextMember() else { throw .malformedJSON }
        let size: Int
        if reader.matches(type, "S") {
            size = text(try reader.string(), reader)
        } else if reader.matches(type, "N") {
            size = try number(try reader.string(), reader)
        } else if reader.matches(type, "B") {
            size = binary(try reader.string(.binary), reader)
        } else if reader.matches(type, "BOOL") || reader.matches(type, "NULL") {
            _ = try reader.bool()
            size = 1
        } else if reader.matches(type, "M") {
            size = 3 + (try attributes(&reader, overhead: 1))
        } else if reader.matches(type, "L") {
            size = 3 + (try sum(&reader) { (reader) throws(RequestError) in 1 + (try value(&reader)) })
        } else if reader.matches(type, "SS") {
            size = try sum(&reader) { (reader) throws(RequestError) in text(try reader.string(), reader) }
        } else if reader.matches(type, "NS") {
            size = try sum(&reader) { (reader) throws(RequestError) in try number(try reader.string(), reader) }
        } else if reader.matches(type, "BS") {
            size = try sum(&reader) { (reader) throws(RequestError) in binary(try reader.string(.binary), reader) }
        } else {
            throw .malformedJSON
        }
        guard try reader.nextMember() == nil else { throw .malformedJSON }
        return size
    }

    /// The elements of an array.
    private static func sum(
        _ reader: inout JSONReader,
        _ element: (inout JSONReader) throws(RequestError) -> Int
    ) throws(RequestError) -> Int {
        var size = 0
        try reader.beginArray()
        while try reader.nextElement() { size += try element(&reader) }
        return size
    }

    private static func text(_ string: JSONString, _ reader: JSONReader) -> Int {
        if string.isPlain { return string.range.count }
        var bytes = unsafe UnescapedBytes(string.range.slice(of: reader.bytes))
        var count = 0
        while bytes.next() != nil { count += 1 }
        return count
    }

    /// One byte, and one for each pair of significant digits, where pairs start at even powers of ten; one more for a
    /// negative number.
    private static func number(_ string: JSONString, _ reader: JSONReader) throws(RequestError) -> Int {
        guard let number = unsafe try? NumberText(UnescapedBytes(string.range.slice(of: reader.bytes))) else {
            throw .malformedJSON
        }
        let digits = number.significantDigits
        if digits == 0 { return 1 }
        // Powers of ten from the first digit's pair to the last one's.
        let last = number.exponent - digits + 1
        let pairs = (number.exponent >> 1) - (last >> 1) + 1
        return 1 + pairs + (number.isNegative ? 1 : 0)
    }

    /// The bytes that base64 text stands for.
    private static func binary(_ string: JSONString, _ reader: JSONReader) -> Int {
        var bytes = unsafe UnescapedBytes(string.range.slice(of: reader.bytes))
        var count = 0
        while let byte = bytes.next() {
            if byte != UInt8(ascii: "=") { count += 1 }
        }
        return count * 3 / 4
    }
}

extension NumberText {
    /// How many significant digits the number has; 0 for zero.
    fileprivate var significantDigits: Int {
        let digits = description.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let first = digits.firstIndex(where: { $0 != UInt8(ascii: "0") }),
            let last = digits.lastIndex(where: { $0 != UInt8(ascii: "0") })
        else { return 0 }
        return last - first + 1
    }
}
