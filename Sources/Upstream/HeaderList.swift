internal import CCurl
import Glibc

/// The header lines of one call in libcurl's form, in memory that the next call's lines use again.
///
/// There are signatures and tokens in them: what has been written is erased before the memory is given back or used again.
@safe
struct HeaderList: ~Copyable {
    /// False once something was added that is not a header (RFC 9110, section 5.5).
    private(set) var isValid = true
    /// The lines one after the other, each with a zero at its end.
    private var text = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.usualSize, alignment: 1)
    private var count = 0
    /// Where each line ends in `text`.
    private var ends: [Int] = []
    private var nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 16)

    /// More room than this is not kept.
    private static let usualSize = 4096

    deinit {
        unsafe Self.erase(text, count)
        unsafe text.deallocate()
        unsafe nodes.deallocate()
    }

    /// Forgets all lines.
    mutating func removeAll() {
        unsafe Self.erase(text, count)
        if unsafe text.count > Self.usualSize {
            unsafe text.deallocate()
            unsafe text = .allocate(byteCount: Self.usualSize, alignment: 1)
        }
        count = 0
        ends.removeAll(keepingCapacity: true)
        isValid = true
    }

    /// Adds `name: value`, whoever made up the name.
    mutating func append(checking name: String, _ value: [UInt8]) {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
            isValid = false
            return
        }
        var name = name
        name.withUTF8 { name in
            unsafe value.withUnsafeBytes { unsafe append(UnsafeRawBufferPointer(name), $0) }
        }
    }

    /// Adds `name: value`.
    mutating func append(_ name: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { unsafe append(name, UnsafeRawBufferPointer($0)) }
    }

    /// Adds `name: value`.
    mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        unsafe append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
    }

    /// Keeps libcurl from adding a header `name` of its own.
    mutating func suppress(_ name: StaticString) {
        write(name)
        write(":\0")
        ends.append(count)
    }

    /// The first line; valid until the list is changed.
    mutating func linked() -> UnsafeMutablePointer<curl_slist>? {
        if unsafe nodes.count < ends.count {
            unsafe nodes.deallocate()
            unsafe nodes = .allocate(capacity: ends.count)
        }
        guard !ends.isEmpty, let first = unsafe nodes.baseAddress, let start = unsafe text.baseAddress else {
            return nil
        }
        var line = 0
        for index in ends.indices {
            let data = unsafe (start + line).assumingMemoryBound(to: CChar.self)
            let next = unsafe index + 1 < ends.count ? first + (index + 1) : nil
            unsafe (first + index).initialize(to: curl_slist(data: data, next: next))
            line = ends[index]
        }
        return unsafe first
    }

    private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard unsafe isFieldText(value) else {
            isValid = false
            return
        }
        unsafe write(name)
        if unsafe value.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            // libcurl's notation for a header that is present and empty.
            write(";\0")
        } else {
            write(": ")
            unsafe write(value)
            unsafe withUnsafeBytes(of: UInt8(0)) { unsafe write($0) }
        }
        ends.append(count)
    }

    /// Overwrites the first `count` bytes, also where the compiler sees that nobody reads them again.
    private static func erase(_ text: UnsafeMutableRawBufferPointer, _ count: Int) {
        if let start = text.baseAddress { unsafe explicit_bzero(start, count) }
    }

    private mutating func write(_ literal: StaticString) {
        unsafe write(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        if unsafe text.count - count < bytes.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (count + bytes.count), alignment: 1)
            unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[..<count]))
            unsafe Self.erase(text, count)
            unsafe text.deallocate()
            unsafe text = larger
        }
        unsafe UnsafeMutableRawBufferPointer(rebasing: text[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}

/// Whether bytes may stand in a field's value: no control characters but tabs (RFC 9110, section 5.5).
func isFieldText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // No branch and no early exit, so that the loop becomes vector code.
    var forbidden: UInt8 = 0
    for index in 0..<bytes.count {
        let byte = unsafe bytes[index]
        let isControl: UInt8 = byte < 0x20 ? 1 : 0
        let isTab: UInt8 = byte == 0x09 ? 1 : 0
        let isDelete: UInt8 = byte == 0x7F ? 1 : 0
        forbidden |= (isControl ^ isTab) | isDelete
    }
    return forbidden == 0
}

/// A `tchar` of RFC 9110, section 5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "~"): true
    case 0x23...0x27, UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"):
        true
    default: false
    }
}
