/// Writes header fields and a body into the buffer that is about to be sent.
///
/// Valid only inside the closures of `HTTPExchange.reply`.
public struct ReplyWriter {
    let output: OutputBuffer

    // MARK: Header fields

    /// Writes a field.
    public func header(_ name: StaticString, _ value: StaticString) {
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
    }

    /// Writes a field.
    ///
    /// Bytes that may not occur in a value are written as spaces.
    public func header(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        output.append(name)
        output.append(": ")
        unsafe output.append(fieldValue: value)
        output.append("\r\n")
    }

    /// Writes a field.
    ///
    /// Bytes that may not occur in a value are written as spaces.
    public func header(_ name: StaticString, _ value: [UInt8]) {
        unsafe value.withUnsafeBytes { unsafe header(name, $0) }
    }

    /// Writes a field whose value is a decimal number.
    @inline(__always)
    public func header(_ name: StaticString, _ value: UInt64) {
        output.append(name)
        output.append(": ")
        output.append(decimal: value)
        output.append("\r\n")
    }

    /// Writes a field that came from elsewhere.
    ///
    /// One whose name is no token is left out.
    public func header(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard unsafe !name.isEmpty, unsafe name.allSatisfy(\.isTokenByte) else { return }
        unsafe output.append(name)
        output.append(": ")
        unsafe output.append(fieldValue: value)
        output.append("\r\n")
    }

    /// Writes a field that came from elsewhere.
    ///
    /// One whose name is no token is left out.
    public func header(_ name: [UInt8], _ value: [UInt8]) {
        unsafe name.withUnsafeBytes { name in
            unsafe value.withUnsafeBytes { value in
                unsafe header(name, value)
            }
        }
    }

    // MARK: Body, or a field written piecemeal

    /// Appends bytes as they are.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        unsafe output.append(bytes)
    }

    /// Appends bytes as they are.
    public func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe output.append($0) }
    }

    /// Appends text as it is.
    @inline(__always)
    public func append(_ text: StaticString) {
        output.append(text)
    }

    /// Appends `count` bytes that `write` writes into the room it is given, all of it.
    @inline(__always)
    public func append(count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        unsafe write(output.room(count))
    }

    /// Appends a decimal number.
    public func append(decimal value: UInt64) {
        output.append(decimal: value)
    }
}
