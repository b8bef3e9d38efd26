import Transport

extension HTTPRequest {
    /// The value of a field that must come once; nil when it is missing or repeated.
    ///
    /// `name` in lower case.
    func onlyHeader(_ name: StaticString) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        for index in unsafe headers.indices {
            let slice = unsafe headers[index]
            guard Int(slice.y) == name.utf8CodeUnitCount else { continue }
            let field = unsafe UnsafeRawBufferPointer(rebasing: head[Int(slice.x)..<Int(slice.x &+ slice.y)])
            guard unsafe field.equalsIgnoringCase(name) else { continue }
            guard unsafe found == nil else { return nil }
            unsafe found = UnsafeRawBufferPointer(rebasing: head[Int(slice.z)..<Int(slice.z &+ slice.w)])
        }
        return unsafe found
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are `lowercase` but for the case of ASCII letters.
    func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            let byte = unsafe self[index]
            let isUpper = byte &- UInt8(ascii: "A") < 26
            guard unsafe (isUpper ? byte | 0x20 : byte) == lowercase.utf8Start[index] else { return false }
        }
        return true
    }
}
