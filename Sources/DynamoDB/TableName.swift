/// Table names.
public enum TableName {
    /// Whether `name` is 3 to 255 of the characters a-z, A-Z, 0-9, `_`, `-` and `.`.
    public static func isValid(_ name: UnsafeRawBufferPointer) -> Bool {
        unsafe 3...255 ~= name.count && name.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default:
            false
        }
    }

    /// Whether a `TableName` member's value is an ARN rather than a name; no table name has a colon.
    public static func isARN(_ name: UnsafeRawBufferPointer) -> Bool {
        unsafe name.contains(UInt8(ascii: ":"))
    }
}
