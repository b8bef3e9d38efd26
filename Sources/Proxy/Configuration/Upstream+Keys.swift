import Upstream

/// The names and access key ids met so far, to find those that stand twice.
struct NameRegister {
    var upstreams: [String: Int] = [:]
    /// The lines of the embedded stores' files.
    var files: [String: Int] = [:]
    var tenants: [String: Int] = [:]
    /// The tenant and the line of each access key id.
    var accessKeys: [String: (tenant: String, line: Int)] = [:]
}

extension YAMLValue {
    func upstreams(_ names: inout NameRegister) -> [UpstreamSettings] {
        list("write a list with an entry for each endpoint").compactMap { $0.upstream(&names) }
    }

    private func upstream(_ names: inout NameRegister) -> UpstreamSettings? {
        guard let section = section(ConfigurationKeys.upstream) else { return nil }
        let nameValue = section.required("name", "give the upstream a name for tenants to refer to")
        let name = nameValue?.name()
        if let name, let line = names.upstreams.updateValue(place.line, forKey: name) {
            nameValue?.mistake("the upstream '\(name)' is already defined on line \(line)", "choose another name")
        }
        if section["endpoint"]?.stands(for: UpstreamSettings.embeddedName) == true { return embedded(name, &names) }
        for key in ["file", "service"] {
            section[key]?.mistake("\(key) is for the embedded store", "write endpoint: embedded, or leave it out")
        }
        let (endpoint, region) = section.endpointAndRegion()
        let timeouts: ClosedRange<UInt64> = 1_000_000...600_000_000_000
        var upstream = UpstreamSettings(name: name ?? "", endpoint: endpoint ?? "", region: region ?? "")
        upstream.credentials = section.credentials() ?? .environment
        section.set(&upstream.caFile, "ca_file") { $0.readableFile() }
        section.set(&upstream.connectTimeout, "connect_timeout") { $0.duration(in: timeouts) }
        section.set(&upstream.requestTimeout, "request_timeout") { $0.duration(in: timeouts) }
        section.set(&upstream.maxConnections, "max_connections") { $0.integer(in: 1...10_000) }
        section.set(&upstream.identity, "identity") { $0.name() }
        return name == nil ? nil : upstream
    }
}

extension YAMLValue {
    private func embedded(_ name: String?, _ names: inout NameRegister) -> UpstreamSettings? {
        guard let section = section(ConfigurationKeys.embedded) else { return nil }
        var settings = EmbeddedSettings()
        if let value = section["file"], let file = value.databaseFile() {
            if let line = names.files.updateValue(value.place.line, forKey: file) {
                value.mistake("the file is already that of the upstream on line \(line)", "use one upstream for it")
            }
            settings.file = file
        }
        section.set(&settings.service, "service") { $0.service() }
        var upstream = UpstreamSettings.embedded(name: name ?? "", settings)
        section.set(&upstream.region, "region") { $0.region() }
        section.set(&upstream.requestTimeout, "request_timeout") { $0.duration(in: 1_000_000...600_000_000_000) }
        section.set(&upstream.identity, "identity") { $0.name() }
        return name == nil ? nil : upstream
    }

    /// The path of a file that the store can open or make.
    private func databaseFile() -> String? {
        guard let text = text("a file's path") else { return nil }
        let path = reading.resolve(text.value)
        guard let reason = text.value.isEmpty ? "the path is empty" : Files.unusable(path) else { return path }
        mistake("the file \(text.shown) can't be used: \(reason)", "correct the path or the permissions")
        return nil
    }
}

extension YAMLSection {
    /// Either can be told from the other for AWS' own endpoints.
    fileprivate func endpointAndRegion() -> (endpoint: String?, region: String?) {
        let region = self["region"]?.region()
        guard let value = self["endpoint"] else {
            if self["region"] == nil {
                missing("endpoint", "write the endpoint's URL, or the region of an AWS endpoint")
            }
            return (region.map(AWSEndpoint.url(ofRegion:)), region)
        }
        guard let text = value.text("a URL") else { return (nil, region) }
        do throws(UpstreamEndpointError) {
            let implied = try AWSEndpoint.region(ofURL: text.value)
            if self["region"] == nil, implied == nil {
                missing("region", "write the region that requests to this endpoint are signed for")
            }
            return (text.value, region ?? implied)
        } catch {
            let shown = AWSEndpoint.shown(text.value, as: text.shown)
            value.mistake("\(shown) is no endpoint's URL: \(error)", AWSEndpoint.example)
            return (nil, region)
        }
    }

    fileprivate func credentials() -> CredentialsSource? {
        guard let value = self["credentials"] else {
            self.value.checkEnvironment(for: "credentials")
            return .environment
        }
        if value.isScalar {
            switch value.choice(["environment", "profile"], isShown: false) {
            case "environment": value.checkEnvironment(for: "")
            case "profile": return value.profile(nil)
            default: return nil
            }
            return .environment
        }
        guard let section = value.section(ConfigurationKeys.credentials) else { return nil }
        let isProfile = section["profile"] != nil || section["file"] != nil
        let isStatic = ConfigurationKeys.credentials.prefix(5).contains { section[$0] != nil }
        switch (isProfile, isStatic) {
        case (true, true):
            value.mistake("both a profile and an access key", "keep one of the two")
            return nil
        case (true, false): return value.profile(section)
        case (false, _):
            let id = section.required(
                "access_key_id",
                "write the access key's id, or profile:, or credentials: environment"
            )
            guard let id = id?.token("an access key id", excluding: "/,=", isShown: false), isStatic else { return nil }
            let secret = section.requiredSecret("secret_access_key")
            let token = section.secret("session_token")
            return secret.map { .static(id: id, secret: $0, token: token) }
        }
    }
}

extension YAMLValue {
    /// Names the variables that are missing; `key` is the one that could be written instead, if any.
    fileprivate func checkEnvironment(for key: String) {
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].filter { (reading.environment($0) ?? "").isEmpty }
        guard !names.isEmpty else { return }
        let place = YAMLValue(node: node, path: key.isEmpty ? path : "\(path).\(key)", reading: reading)
        let verb = names.count == 1 ? "is" : "are"
        place.mistake(
            "credentials come from the environment, but \(names.joined(separator: " and ")) \(verb) not set",
            "set them, or name a profile or an access key under credentials"
        )
    }

    fileprivate func profile(_ section: YAMLSection?) -> CredentialsSource? {
        let name = section?["profile"]?.token("a profile's name", excluding: "[]", isShown: false)
        if section?["profile"] != nil, name == nil { return nil }
        var file: String?
        if let value = section?["file"] {
            guard let path = value.readableFile() else { return nil }
            file = path
        }
        do throws(CredentialsError) {
            _ = try ProfileCredentials(profile: name, file: file, variable: reading.environment)
            return .profile(name: name, file: file)
        } catch {
            mistake("the profile cannot be used: \(error)", "correct the profile or its file, or name others")
            return nil
        }
    }

    /// The bytes `UpstreamEndpoint` takes for a region.
    fileprivate func region() -> String? {
        guard let text = text("a region") else { return nil }
        let isRegion =
            (1...64).contains(text.value.utf8.count)
            && text.value.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }
        if isRegion { return text.value }
        mistake("\(text.shown) is not a region", "write for example us-east-1")
        return nil
    }
}
