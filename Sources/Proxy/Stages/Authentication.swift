import DynamoDB
import SigV4
import Transport
import Upstream

extension Worker {
    /// Finds out whose request it is.
    ///
    /// Nothing is answered, counted or revealed before this has succeeded, and nothing changes; what will be needed then is
    /// looked at (`foresee`).
    ///
    /// `target` is the value of X-Amz-Target, if it came once.
    func authenticate(_ request: HTTPRequest, target: UnsafeRawBufferPointer?) throws(ErrorReply) -> Tenant {
        if shared.isDevelopment { return try developmentTenant(request) }
        if let tenant = shared.localTenant { return try localTenant(tenant, request) }
        do throws(SignatureError) {
            return unsafe try signedTenant(ReceivedRequest(request), target: target, request.body)
        } catch {
            throw ErrorReply(error)
        }
    }

    /// Under `leveret local` a request must be signed, as DynamoDB asks, but with which key does not matter.
    private func localTenant(_ tenant: Tenant, _ request: HTTPRequest) throws(ErrorReply) -> Tenant {
        do throws(SignatureError) {
            _ = try verifier.authorization(of: ReceivedRequest(request))
            return tenant
        } catch {
            throw ErrorReply(error)
        }
    }

    private func signedTenant(
        _ request: ReceivedRequest,
        target: UnsafeRawBufferPointer?,
        _ body: UnsafeRawBufferPointer
    ) throws(SignatureError) -> Tenant {
        let authorization = try verifier.authorization(of: request)
        let accessKeyID = unsafe verifier.accessKeyID(of: authorization, in: request)
        guard let number = unsafe registry.number(ofAccessKey: accessKeyID) else { throw .unknownAccessKey }
        // Before the first of it is waited for.
        prefetchLines(ofAccessKey: number)
        let principal = registry.principal(number)
        let tenant = principal.tenant
        try verifier.verify(authorization, of: request, secret: principal.secret, now: wallClock) { step in
            unsafe foresee(step, target: target, body, accessKey: number, tenant)
        }
        unsafe try checkSessionToken(verifier.sessionToken(of: authorization, in: request), of: principal)
        let region = unsafe verifier.region(of: authorization, in: request)
        guard unsafe RegionName.isValid(region, or: tenant.region) else {
            throw unsafe .invalidRegion(region)
        }
        return tenant
    }

    /// A key with a session token asks for exactly this token, one without for none.
    private func checkSessionToken(
        _ token: UnsafeRawBufferPointer?,
        of principal: TenantRegistry.Principal
    ) throws(SignatureError) {
        switch (unsafe token, principal.sessionToken) {
        case (nil, nil): return
        case (let token?, let expected?):
            let isEqual = unsafe expected.withUnsafeBytes { unsafe ConstantTime.equal(token, $0) }
            guard isEqual else { throw .invalidSessionToken }
        default: throw .invalidSessionToken
        }
    }

    /// Under `--dev` the caller's access key id and region name the tenant, as DynamoDB Local and its like keep data
    /// apart by both.
    ///
    /// No signature is checked.
    private func developmentTenant(_ request: HTTPRequest) throws(ErrorReply) -> Tenant {
        if let header = unsafe request.header("authorization") {
            return unsafe try developmentTenant(DevelopmentCaller(header: header), text: header)
        }
        guard let credential = unsafe DevelopmentCaller.credential(inTarget: request.target) else {
            return unsafe try developmentTenant(nil, text: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        // A throw out of `withUnsafeBytes` would lose its type.
        let tenant: Result<Tenant, ErrorReply> = unsafe credential.withUnsafeBytes { credential in
            Result { () throws(ErrorReply) in
                unsafe try developmentTenant(DevelopmentCaller(credential: credential), text: credential)
            }
        }
        return try tenant.get()
    }

    /// A caller that can't be read is told apart from others by all of its text.
    private func developmentTenant(
        _ caller: DevelopmentCaller?,
        text: UnsafeRawBufferPointer
    ) throws(ErrorReply) -> Tenant {
        lookupBuffer.removeAll()
        if let caller {
            unsafe lookupBuffer.append(caller.accessKeyID)
            lookupBuffer.append(UInt8(ascii: "/"))
            unsafe lookupBuffer.append(caller.region)
        } else {
            lookupBuffer.append(UInt8(ascii: "?"))
            unsafe lookupBuffer.append(text)
        }
        guard !lookupBuffer.isOverflowed else { throw .incompleteSignature("The Authorization header is too long.") }
        if let known = unsafe developmentTenants.find(lookupBuffer.bytes) { return known }
        let identity = unsafe Array(lookupBuffer.bytes)
        let tenant = try shared.developmentTenant(
            identity: identity,
            accessKeyID: caller.map { unsafe String(decoding: $0.accessKeyID, as: UTF8.self) } ?? "",
            region: caller.map { unsafe String(decoding: $0.region, as: UTF8.self) },
            now: reactor.now
        )
        if developmentTenants.count >= Self.maxDevelopmentTenants { developmentTenants.removeAll() }
        developmentTenants.insert(identity, tenant)
        return tenant
    }

    private static let maxDevelopmentTenants = 1000
}

extension ReceivedRequest {
    /// Valid as long as the request's views are.
    fileprivate init(_ request: borrowing HTTPRequest) {
        unsafe self.init(
            method: request.methodBytes,
            target: request.target,
            head: request.head,
            headers: request.headers,
            body: request.body,
            payload: request.payload,
            layout: request.layout
        )
    }
}

extension ErrorReply {
    /// DynamoDB's answer to a signature that does not hold.
    init(_ error: SignatureError) {
        switch error.kind {
        case .missingAuthenticationToken: self = .missingAuthenticationToken
        case .incompleteSignature: self = .incompleteSignature(error.message)
        case .invalidSignature: self = .invalidSignature(error.message)
        case .unrecognizedClient: self = .unrecognizedClient
        case .expiredToken: self = .expiredToken
        }
    }
}

/// Which regions a credential scope may name: the upstream's own, or any that has the form of an AWS region.
///
/// The data is the upstream's in any case; a client need not know where that is.
enum RegionName {
    static func isValid(_ region: UnsafeRawBufferPointer, or upstream: String) -> Bool {
        // Nearly always; bytes beside bytes, without iterators.
        let isUpstreams = unsafe upstream.utf8.withContiguousStorageIfAvailable { upstream in
            unsafe ConstantTime.equal(region, UnsafeRawBufferPointer(upstream))
        }
        if unsafe isUpstreams ?? region.elementsEqual(upstream.utf8) { return true }
        // Such as eu-central-1, us-gov-west-1 or eusc-de-east-1: a realm, directions, a number.
        let name = unsafe String(decoding: region, as: UTF8.self)
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, (2...4).contains(parts[0].utf8.count), let number = parts.last else { return false }
        return !number.isEmpty && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            }
    }
}
