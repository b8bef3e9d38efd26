import Upstream

extension Configuration {
    /// Why the options of `--dev` do not make a configuration.
    public struct DevelopmentProblem: Error, Equatable, CustomStringConvertible {
        /// What is wrong and how to mend it.
        public var description: String
    }

    /// The configuration without a file: one loopback listener, one upstream, no signature checks.
    /// - Parameters:
    ///   - upstream: The URL requests are forwarded to, or the embedded store.
    ///   - listen: An address only this machine can reach, for example `127.0.0.1:8000`.
    ///   - cache: A size such as `256MiB`.
    /// - Returns: A valid configuration with ``development`` set.
    /// - Throws: The first option that is wrong.
    public static func development(
        upstream: DevelopmentSettings.Upstream,
        listen: String,
        cache: String
    ) throws(DevelopmentProblem) -> Configuration {
        if case .endpoint(let url) = upstream {
            do throws(UpstreamEndpointError) {
                _ = try UpstreamEndpoint(url: url, region: "us-east-1")
            } catch {
                let shown = AWSEndpoint.shown(url, as: url)
                throw problem("--upstream", shown, "is no endpoint's URL: \(error)", AWSEndpoint.example)
            }
        }
        let listener = try loopback(listen)
        let budget: Int
        do throws(UnitProblem) {
            budget = try Units.size(cache)
        } catch {
            throw problem("--cache", cache, error.problem, error.remedy)
        }
        guard CacheBounds.budget.contains(budget) else {
            throw problem("--cache", cache, "is out of range", "give at least 1MiB")
        }
        return Configuration(
            listeners: [listener],
            cacheTotal: budget,
            development: DevelopmentSettings(upstream: upstream, cacheBudget: budget)
        )
    }

    /// The configuration of `leveret local`: one loopback listener, and the embedded store alone.
    ///
    /// Throws what is wrong with the host.
    public static func local(
        _ store: EmbeddedSettings,
        host: String,
        port: Int
    ) throws(DevelopmentProblem) -> Configuration {
        let address = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
        guard let listener = try? Listener(address: address), listener.isLoopback else {
            throw problem("--host", host, "is no address of this machine alone", "give 127.0.0.1 or ::1")
        }
        var configuration = Configuration(listeners: [listener])
        // One thread parses, the store's own does the rest.
        configuration.reactors = 1
        configuration.local = store
        return configuration
    }

    private static func loopback(_ address: String) throws(DevelopmentProblem) -> Listener {
        let listener: Listener
        do throws(Listener.Problem) {
            listener = try Listener(address: address)
        } catch {
            throw problem("--listen", address, error.problem, error.remedy)
        }
        guard listener.isLoopback else {
            let reason = "can be reached from other machines, and no signature is checked"
            throw problem("--listen", address, reason, "use 127.0.0.1 or [::1], or serve with --config")
        }
        return listener
    }

    private static func problem(
        _ option: String,
        _ value: String,
        _ problem: String,
        _ remedy: String
    ) -> DevelopmentProblem {
        DevelopmentProblem(description: "\(option) '\(LogText.escaped(value))' \(problem); \(remedy)")
    }
}
