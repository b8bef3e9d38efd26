import Transport
import Upstream

/// A tenant's call on its way to the upstream.
final class DispatchedCall {
    let call: UpstreamCall
    let tenant: Tenant
    let completion: (UpstreamResult) -> Void

    init(call: UpstreamCall, tenant: Tenant, completion: @escaping (UpstreamResult) -> Void) {
        self.call = call
        self.tenant = tenant
        self.completion = completion
    }
}

/// The calls to one data domain.
final class DomainCalls {
    var shares: CallShares<DispatchedCall>

    init(_ shares: CallShares<DispatchedCall>) {
        self.shares = shares
    }
}

/// Hands calls to the upstreams so that no tenant keeps their connections from the others.
extension Worker {
    /// Sends a tenant's call when it is the tenant's turn.
    ///
    /// A call that waits for longer than the upstream may take for it, or finds too many waiting, fails as one that the
    /// upstream could not take.
    func dispatch(_ call: UpstreamCall, of tenant: Tenant, completion: @escaping (UpstreamResult) -> Void) {
        let dispatched = DispatchedCall(call: call, tenant: tenant, completion: completion)
        let calls = calls(to: tenant.route)
        let deadline = reactor.now.addingClamped(call.endpoint.totalTimeout)
        let arrival = calls.shares.arrive(dispatched, of: tenant.number, deadline: deadline)
        switch arrival {
        case .starts: start(dispatched, calls)
        case .waits: break
        case .isRefused:
            _ = reactor.schedule(after: 0) { [unowned self] in
                giveUp(dispatched, .overloaded, "too many calls of the tenant are waiting")
            }
        }
    }

    /// Fails what waits for its turn.
    func giveUpDispatches() {
        for calls in domainCalls.values {
            while let call = calls.shares.giveUpNext() { giveUp(call, .shutdown, "the proxy stops") }
        }
    }

    private func calls(to route: UpstreamRoute) -> DomainCalls {
        let key = ObjectIdentifier(route.domain)
        if let known = domainCalls[key] { return known }
        let configuration = shared.configuration
        let calls = DomainCalls(
            CallShares(
                limit: route.endpoint.maxConnections,
                waitingLimit: configuration.limits.inFlight / max(1, configuration.reactors)
            )
        )
        domainCalls[key] = calls
        return calls
    }

    private func start(_ dispatched: DispatchedCall, _ calls: DomainCalls) {
        upstream(of: dispatched.tenant.route).send(dispatched.call) { [unowned self] result in
            calls.shares.end()
            while let (next, isLate) = calls.shares.next(now: reactor.now) {
                if isLate {
                    giveUp(next, .timeout, "waited for a free connection until the deadline")
                } else {
                    start(next, calls)
                }
            }
            dispatched.completion(result)
        }
    }

    private func giveUp(_ dispatched: DispatchedCall, _ kind: UpstreamFailure.Kind, _ description: String) {
        dispatched.completion(
            .failure(UpstreamFailure(kind: kind, mayHaveBeenSent: false, description: description))
        )
    }
}
