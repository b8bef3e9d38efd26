internal import CCurl

/// Owns a list of header lines in libcurl's form.
@safe
struct HeaderList: ~Copyable {
    /// False once something was added that is not a header (RFC 9110, section 5.5), or memory was out.
    private(set) var isValid = true
    private(set) var first: UnsafeMutablePointer<curl_slist>?
    private var line: [UInt8] = []

    deinit {
        unsafe curl_slist_free_all(first)
    }

    /// Adds `name: value`.
    mutating func append(_ name: String, _ value: some Sequence<UInt8>) {
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: name.utf8)
        guard !line.isEmpty, line.allSatisfy(isTokenByte) else {
            isValid = false
            return
        }
        line.append(UInt8(ascii: ":"))
        let start = line.count
        line.append(UInt8(ascii: " "))
        line.append(contentsOf: value)
        guard line[start...].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            isValid = false
            return
        }
        if line[start...].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            // libcurl's notation for a header that is present and empty.
            line.removeSubrange((start - 1)...)
            line.append(UInt8(ascii: ";"))
        }
        appendLine()
    }

    /// Keeps libcurl from adding a header `name` of its own.
    mutating func suppress(_ name: String) {
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: name.utf8)
        line.append(UInt8(ascii: ":"))
        appendLine()
    }

    private mutating func appendLine() {
        line.append(0)
        let extended = unsafe line.withUnsafeBytes { bytes in
            unsafe curl_slist_append(first, bytes.bindMemory(to: CChar.self).baseAddress)
        }
        if let extended = unsafe extended {
            unsafe first = unsafe extended
        } else {
            isValid = false
        }
    }
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
