import Transport
import Upstream

/// A tenant's call on its way to the upstream.
struct DispatchedCall {
    let call: UpstreamCall
    let route: UpstreamRoute
    let completion: (UpstreamResult) -> Void
}

/// Hands calls to the upstreams so that no tenant keeps their connections from the others.
extension Worker {
    /// Sends a tenant's call when it is the tenant's turn.
    ///
    /// A call that waits for longer than the upstream may take for it, or finds too many waiting, fails as one that the
    /// upstream could not take.
    func dispatch(_ call: UpstreamCall, of tenant: Tenant, completion: @escaping (UpstreamResult) -> Void) {
        let dispatched = DispatchedCall(call: call, route: tenant.route, completion: completion)
        let key = ObjectIdentifier(tenant.route.domain)
        let arrival = shares[key, default: newShares(tenant.route)].arrive(
            dispatched,
            of: tenant.number,
            deadline: reactor.now.addingClamped(call.endpoint.totalTimeout)
        )
        switch arrival {
        case .starts: start(dispatched, key)
        case .waits: break
        case .isRefused:
            _ = reactor.schedule(after: 0) { [unowned self] in
                giveUp(dispatched, .overloaded, "too many calls of the tenant are waiting")
            }
        }
    }

    /// Fails what waits for its turn.
    func giveUpDispatches() {
        for key in shares.keys {
            while let call = shares[key]?.giveUpNext() { giveUp(call, .shutdown, "the proxy stops") }
        }
    }

    private func newShares(_ route: UpstreamRoute) -> CallShares<DispatchedCall> {
        let configuration = shared.configuration
        return CallShares(
            limit: route.endpoint.maxConnections,
            waitingLimit: configuration.limits.inFlight / max(1, configuration.reactors)
        )
    }

    private func start(_ dispatched: DispatchedCall, _ key: ObjectIdentifier) {
        upstream(of: dispatched.route).send(dispatched.call) { [unowned self] result in
            shares[key]?.end()
            while let (next, isLate) = shares[key]?.next(now: reactor.now) {
                if isLate {
                    giveUp(next, .timeout, "waited for a free connection until the deadline")
                } else {
                    start(next, key)
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
