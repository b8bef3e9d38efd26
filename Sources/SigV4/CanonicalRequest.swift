/// How the Host header enters the canonical request.
enum HostForm {
    case asReceived
    case withoutPort
}

extension ByteBuffer {
    /// The canonical request.
    ///
    /// False when the Host header has no such form as `host` asks for. `names` reads the signed headers.
    mutating func appendCanonicalRequest(
        _ authorization: Authorization,
        _ request: ReceivedRequest,
        _ payload: Digest,
        host: HostForm,
        _ names: inout SignedHeaderList,
        scratch: inout ByteBuffer
    ) throws(SignatureError) -> Bool {
        let target = RequestTarget(request.target)
        append(request.method)
        append(UInt8(ascii: "\n"))
        appendCanonicalPath(request.target[target.path])
        append(UInt8(ascii: "\n"))
        guard
            appendCanonicalQuery(
                of: request.target,
                in: target.query,
                excludingSignature: authorization.isPresigned,
                scratch: &scratch
            )
        else { throw .signatureMismatch }
        append(UInt8(ascii: "\n"))

        let list = authorization.bytes(authorization.signedHeaders, in: request)
        names.read(list)
        guard names.isOrdered else { throw .signatureMismatch }
        names.find(in: request)
        var hasHostForm = host == .asReceived
        for index in 0..<names.count {
            let name = names.name(index, in: list)
            if host == .asReceived, let value = names.value(index) {
                append(name)
                append(UInt8(ascii: ":"))
                appendCanonicalValue(request.head[value])
                append(UInt8(ascii: "\n"))
                continue
            }
            guard appendCanonicalHeader(name, request, host, &hasHostForm) else { throw .signatureMismatch }
        }
        append(UInt8(ascii: "\n"))
        if authorization.isPresigned {
            appendPercentDecoded(list)
        } else {
            append(list)
        }
        append(UInt8(ascii: "\n"))
        appendHexadecimal(payload)
        return hasHostForm
    }

    /// `name:value\n`, the values of repeated headers joined by commas in the order received.
    ///
    /// False when there is no such header or the name is not in lower case.
    private mutating func appendCanonicalHeader(
        _ name: Bytes,
        _ request: ReceivedRequest,
        _ host: HostForm,
        _ hasHostForm: inout Bool
    ) -> Bool {
        let isHost = host == .withoutPort && name.equals("host")
        var isFound = false
        append(name)
        append(UInt8(ascii: ":"))
        for index in 0..<request.headerCount where request.isHeader(index, named: name) {
            if isFound { append(UInt8(ascii: ",")) }
            isFound = true
            var value = request.head[request.headerValue(index)]
            if isHost, let end = value.portStart {
                value = value[0..<end]
                hasHostForm = true
            }
            appendCanonicalValue(value)
        }
        append(UInt8(ascii: "\n"))
        return isFound
    }
}

extension Bytes {
    /// Where the `:port` at the end of a host begins.
    fileprivate var portStart: Int? {
        var index = count
        while index > 0, self[index - 1].isDigit { index -= 1 }
        guard index > 0, index < count, self[index - 1] == UInt8(ascii: ":") else { return nil }
        return index - 1
    }
}
