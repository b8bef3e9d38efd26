// The parts of a canonical request ("Create a canonical request" in AWS's documentation of Signature Version 4), each
// written at the end of a buffer.

extension ByteBuffer {
    /// The path as services other than S3 sign it: empty and `.` segments dropped, `..` resolved, and what is on the wire
    /// percent-encoded once more.
    mutating func appendCanonicalPath(_ path: Bytes) {
        let root = count
        append(UInt8(ascii: "/"))
        // As DynamoDB's nearly always is.
        if path.count == 1, path[0] == UInt8(ascii: "/") { return }
        var start = 0
        while start < path.count {
            let stop = path.firstIndex(of: UInt8(ascii: "/"), from: start)
            appendCanonicalSegment(path[start..<stop], root: root)
            start = stop + 1
        }
        if count > root + 1, path[path.count - 1] != UInt8(ascii: "/") {
            truncate(to: count - 1)
        }
    }

    /// Keeps a `/` at the end.
    private mutating func appendCanonicalSegment(_ segment: Bytes, root: Int) {
        if segment.isEmpty || segment.count == 1 && segment[0] == UInt8(ascii: ".") { return }
        if segment.equals("..") {
            var end = count - 1
            while end > root, bytes[end - 1] != UInt8(ascii: "/") { end -= 1 }
            truncate(to: max(end, root + 1))
            return
        }
        for index in 0..<segment.count { appendPercentEncoded(segment[index]) }
        append(UInt8(ascii: "/"))
    }

    /// The parameters but `X-Amz-Signature` if that is `excluded`, encoded and in order of name, then value.
    ///
    /// False when there are more than `maximumParameters`. `scratch` is overwritten.
    mutating func appendCanonicalQuery(
        of target: Bytes,
        in query: Range<Int>,
        excludingSignature excluded: Bool,
        scratch: inout ByteBuffer
    ) -> Bool {
        guard !query.isEmpty else { return true }
        scratch.removeAll()
        // In order: start, end of the name, end, all in the scratch buffer.
        var sorted = InlineArray<64, SIMD4<Int>>(repeating: .zero)
        var found = 0
        var parameters = QueryParameters(of: target, in: query)
        while let (name, value) = parameters.nextParameter() {
            if excluded, target[name].equals("X-Amz-Signature") { continue }
            guard found < Self.maximumParameters else { return false }
            var parameter = SIMD4(repeating: scratch.count)
            scratch.appendReencoded(target[name])
            parameter.y = scratch.count
            scratch.append(UInt8(ascii: "="))
            scratch.appendReencoded(target[value])
            parameter.z = scratch.count
            var place = found
            while place > 0, Self.isOrdered(parameter, before: sorted[place - 1], scratch.bytes) {
                sorted[place] = sorted[place - 1]
                place -= 1
            }
            sorted[place] = parameter
            found += 1
        }
        for index in 0..<found {
            if index > 0 { append(UInt8(ascii: "&")) }
            append(scratch.bytes[sorted[index].x..<sorted[index].z])
        }
        return true
    }

    /// Bounds the time that sorting takes.
    static var maximumParameters: Int { 64 }

    private static func isOrdered(_ one: SIMD4<Int>, before other: SIMD4<Int>, _ text: Bytes) -> Bool {
        let names = text[one.x..<one.y].compare(text[other.x..<other.y])
        return names != 0 ? names < 0 : text[one.y..<one.z].compare(text[other.y..<other.z]) < 0
    }

    private mutating func appendReencoded(_ bytes: Bytes) {
        var index = 0
        while let byte = bytes.percentDecoded(at: &index) { appendPercentEncoded(byte) }
    }

    /// The value without white space at its ends and with one space for each run inside.
    mutating func appendCanonicalValue(_ value: Bytes) {
        // All white space is below "!": most values have none.
        if value.firstIndex(below: UInt8(ascii: "!"), from: 0) == value.count { return append(value) }
        unsafe append(upTo: value.count) { room in
            var written = 0
            var pendingSpace = false
            for index in 0..<value.count {
                let byte = unsafe value.buffer[index]
                if byte.isWhiteSpace {
                    pendingSpace = written > 0
                } else {
                    if pendingSpace {
                        unsafe room[written] = UInt8(ascii: " ")
                        written += 1
                        pendingSpace = false
                    }
                    unsafe room[written] = byte
                    written += 1
                }
            }
            return written
        }
    }

    /// `Algorithm\nTimestamp\nScope\nHash`.
    mutating func appendStringToSign(
        timestamp: Bytes,
        date: Bytes,
        region: Bytes,
        service: Bytes,
        canonicalRequest: Digest
    ) {
        append(literal: "AWS4-HMAC-SHA256\n")
        append(timestamp)
        append(UInt8(ascii: "\n"))
        appendScope(date: date, region: region, service: service)
        append(UInt8(ascii: "\n"))
        appendHexadecimal(canonicalRequest)
    }

    /// `YYYYMMDD/region/service/aws4_request`.
    mutating func appendScope(date: Bytes, region: Bytes, service: Bytes) {
        append(date)
        append(UInt8(ascii: "/"))
        append(region)
        append(UInt8(ascii: "/"))
        append(service)
        append(literal: "/aws4_request")
    }
}
