import Transport

extension HTTPRequest {
    /// The value of a field that must come once; nil when it is missing or repeated.
    ///
    /// `name` in lower case.
    func onlyHeader(_ name: StaticString) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        let length = UInt32(truncatingIfNeeded: name.utf8CodeUnitCount)
        for index in unsafe headers.indices {
            let slice = unsafe headers[index]
            guard slice.y == length else { continue }
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
        let wanted = unsafe lowercase.utf8Start
        var index = 0
        while index < count {
            let byte = unsafe self[index]
            let other = unsafe wanted[index]
            if byte != other, byte &- UInt8(ascii: "A") >= 26 || byte | 0x20 != other { return false }
            index &+= 1
        }
        return true
    }
}
