/// Which headers a signature has to cover.
enum RequiredHeaders {
    /// What decides what a request to DynamoDB does: the host, the time and the operation.
    case dynamoDB
    case none
}

extension Authorization {
    private static let algorithm: StaticString = "AWS4-HMAC-SHA256"
    private static let longestExpiry: Int64 = 604_800

    /// Finds and reads the signature of a request.
    ///
    /// All is checked that needs neither the secret nor the clock, in DynamoDB's order.
    ///
    /// `list` reads the signed headers if some are required; `known` is a header from before.
    init(
        _ request: ReceivedRequest,
        service: Bytes,
        requiring required: RequiredHeaders,
        _ list: inout SignedHeaderList,
        _ known: inout KnownAuthorization
    ) throws(SignatureError) {
        let headers = try known.headers(of: request)
        let parameters = try PresignedParameters(request.target)
        var isKnown = false
        if let authorization = headers.authorization {
            guard parameters.algorithm == nil else {
                throw SignatureError(
                    .invalidSignature,
                    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
                )
            }
            if let parts = known.parts(of: authorization, in: request.head), let date = headers.amzDate,
                let timestamp = known.seconds(request.head[date]),
                request.head[parts.credential.date].equals(request.head[date][0..<8])
            {
                self.init(parts, headers, date, timestamp)
                isKnown = true
            } else {
                try self.init(authorization, headers, request)
            }
        } else if parameters.algorithm != nil {
            try self.init(parameters, headers, request)
        } else {
            throw .missingAuthenticationToken
        }
        if required == .dynamoDB {
            list.read(bytes(signedHeaders, in: request))
            try checkSignedHeaders(list, headers, parameters, request)
        }
        if isKnown { return }
        try checkScope(request, service: service)
        if let authorization = headers.authorization, required == .dynamoDB {
            known.keep(self, of: authorization, in: request.head)
        }
    }

    /// From a header that is known to be right.
    private init(
        _ parts: KnownAuthorization.Parts,
        _ headers: AuthenticationHeaders,
        _ date: ByteRange,
        _ timestamp: Int64
    ) {
        self.timestamp = timestamp
        credential = parts.credential
        isPresigned = false
        expires = nil
        timestampText = date
        signedHeaders = parts.signedHeaders
        signature = parts.signature
        sessionToken = headers.securityToken
        contentSHA256 = headers.contentSHA256
        contentSHA256Parameter = nil
    }

    /// From the header.
    ///
    /// The algorithm and the credential come after the signed headers in DynamoDB's order; they are read here because
    /// the parts are needed, which only matters to a request that is wrong in two ways.
    private init(
        _ authorization: ByteRange,
        _ headers: AuthenticationHeaders,
        _ request: ReceivedRequest
    ) throws(SignatureError) {
        let head = request.head
        guard let header = try AuthorizationHeader(authorization, of: head) else {
            throw .missingAuthenticationToken
        }
        let date = headers.amzDate?.nonEmpty
        guard let credential = header.credential?.nonEmpty, let signature = header.signature?.nonEmpty,
            let signedHeaders = header.signedHeaders?.nonEmpty, date != nil || headers.date?.nonEmpty != nil
        else {
            throw Self.incomplete(header, hasDate: (date ?? headers.date?.nonEmpty) != nil, head[authorization])
        }
        // A Date header alone would have to stand in for X-Amz-Date; no SDK sends it so.
        guard let date else { throw .notSigned("X-Amz-Date") }
        timestamp = try Self.timestamp(head[date])
        try Self.checkAlgorithm(head[header.algorithm])
        self.credential = try Credential(credential, of: head)
        isPresigned = false
        expires = nil
        timestampText = date
        self.signedHeaders = signedHeaders
        self.signature = signature
        sessionToken = headers.securityToken
        contentSHA256 = headers.contentSHA256
        contentSHA256Parameter = nil
    }

    /// From the query.
    private init(
        _ parameters: PresignedParameters,
        _ headers: AuthenticationHeaders,
        _ request: ReceivedRequest
    ) throws(SignatureError) {
        let target = request.target
        guard let algorithm = parameters.algorithm?.nonEmpty, let credential = parameters.credential?.nonEmpty,
            let signature = parameters.signature?.nonEmpty, let signedHeaders = parameters.signedHeaders?.nonEmpty,
            let date = parameters.date?.nonEmpty
        else { throw Self.incomplete(parameters) }
        timestamp = try Self.timestamp(target[date])
        expires = try parameters.expires.map { range throws(SignatureError) in try Self.expiry(target[range]) }
        try Self.checkAlgorithm(target[algorithm])
        self.credential = try Credential(credential, of: target)
        isPresigned = true
        timestampText = date
        self.signedHeaders = signedHeaders
        self.signature = signature
        sessionToken = parameters.securityToken
        contentSHA256 = headers.contentSHA256
        contentSHA256Parameter = parameters.contentSHA256
    }

    /// The host and the operation must be signed, and the time, which in a query always is.
    ///
    /// In a query the operation may be a signed parameter; it is the header that DynamoDB obeys, so that must say the
    /// same.
    private func checkSignedHeaders(
        _ list: borrowing SignedHeaderList,
        _ headers: AuthenticationHeaders,
        _ parameters: PresignedParameters,
        _ request: ReceivedRequest
    ) throws(SignatureError) {
        var hasTarget = list.hasTarget
        guard list.hasHost else { throw .notSigned("Host") }
        guard isPresigned || list.hasDate else { throw .notSigned("X-Amz-Date") }
        if isPresigned, let parameter = parameters.target {
            guard let header = headers.target,
                request.target[parameter].equals(request.head[header])
            else { throw .signatureMismatch }
            hasTarget = true
        }
        guard hasTarget else { throw .notSigned("X-Amz-Target") }
    }

    private func checkScope(_ request: ReceivedRequest, service: Bytes) throws(SignatureError) {
        let bytes = isPresigned ? request.target : request.head
        let region = bytes[credential.region]
        let terminator = bytes[credential.terminator]
        let date = bytes[credential.date]
        let signingDate = bytes[timestampText][0..<8]
        let hasRegion = Self.isRegion(region)
        let hasService = bytes[credential.service].equals(service)
        let hasTerminator = terminator.equals("aws4_request")
        let hasDate = date.equals(signingDate)
        guard !hasRegion || !hasService || !hasTerminator || !hasDate else { return }
        var message = ""
        if !hasRegion { message += SignatureError.invalidRegionMessage(region) }
        if !hasService { message += "Credential should be scoped to correct service: '\(service.text)'. " }
        if !hasTerminator {
            message +=
                "Credential should be scoped with a valid terminator: 'aws4_request', not "
                + "'\(terminator.text)'. "
        }
        if !hasDate {
            message +=
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'\(date.text)' != '\(signingDate.text)', from '\(bytes[timestampText].text)'."
        }
        throw SignatureError(.invalidSignature, message)
    }

    /// The form of a region's name; whether it is served is for the caller to say.
    private static func isRegion(_ region: Bytes) -> Bool {
        guard (1...32).contains(region.count) else { return false }
        for index in 0..<region.count {
            let byte = region[index]
            guard byte.isLowerCase || byte.isDigit || byte == UInt8(ascii: "-") else { return false }
        }
        return true
    }

    private static func timestamp(_ text: Bytes) throws(SignatureError) -> Int64 {
        guard let seconds = Timestamp.seconds(text) else {
            throw SignatureError(
                .incompleteSignature,
                "Date must be in ISO-8601 'basic format'. Got '\(text.text)'. "
                    + "See http://en.wikipedia.org/wiki/ISO_8601"
            )
        }
        return seconds
    }

    private static func checkAlgorithm(_ text: Bytes) throws(SignatureError) {
        guard text.equals(algorithm) else {
            throw SignatureError(
                .incompleteSignature,
                "Unsupported AWS 'algorithm': '\(text.text)' (only AWS4-HMAC-SHA256 for now). "
            )
        }
    }

    private static func expiry(_ text: Bytes) throws(SignatureError) -> Int64 {
        var seconds: Int64 = 0
        for index in 0..<text.count {
            guard text[index].isDigit else {
                throw SignatureError(.incompleteSignature, "X-Amz-Expires should be a number")
            }
            seconds = min(seconds * 10 + Int64(text[index] & 15), longestExpiry + 1)
        }
        guard !text.isEmpty else { throw SignatureError(.incompleteSignature, "X-Amz-Expires should be a number") }
        guard seconds <= longestExpiry else {
            throw SignatureError(
                .incompleteSignature,
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
                    + "than \(longestExpiry) seconds"
            )
        }
        return seconds
    }

    private static func incomplete(_ header: AuthorizationHeader, hasDate: Bool, _ text: Bytes) -> SignatureError {
        var message = ""
        for (name, part) in [
            ("Credential", header.credential), ("Signature", header.signature), ("SignedHeaders", header.signedHeaders),
        ] where part?.nonEmpty == nil {
            message += "Authorization header requires '\(name)' parameter. "
        }
        if !hasDate {
            message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        }
        return SignatureError(.incompleteSignature, message + "Authorization=\(text.text)")
    }

    private static func incomplete(_ parameters: PresignedParameters) -> SignatureError {
        var message = ""
        for (name, part) in [
            ("X-Amz-Algorithm", parameters.algorithm), ("X-Amz-Credential", parameters.credential),
            ("X-Amz-Signature", parameters.signature), ("X-Amz-SignedHeaders", parameters.signedHeaders),
            ("X-Amz-Date", parameters.date),
        ] where part?.nonEmpty == nil {
            message += "AWS query-string parameters must include '\(name)'. "
        }
        return SignatureError(.incompleteSignature, message + "Re-examine the query-string parameters.")
    }
}

extension ByteRange {
    fileprivate var nonEmpty: ByteRange? { count > 0 ? self : nil }
}
