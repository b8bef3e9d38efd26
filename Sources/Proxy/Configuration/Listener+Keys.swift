extension YAMLValue {
    /// One address or a list of them.
    func listeners() -> [Listener]? {
        if !isList { return listener().map { [$0] } }
        let values = list("write addresses, for example [127.0.0.1:8000]")
        var seen: Set<String> = []
        return values.compactMap { value in
            guard let listener = value.listener() else { return nil }
            if listener.port != 0, !seen.insert(listener.address).inserted {
                value.mistake("the address \(listener.address) stands here twice", "remove one")
            }
            return listener
        }
    }

    private func listener() -> Listener? {
        if isScalar { return address() }
        guard let section = section(ConfigurationKeys.listener) else { return nil }
        var listener = section.required("address", "write for example 127.0.0.1:8000")?.address()
        if let tls = section["tls"]?.section(ConfigurationKeys.tls) {
            let certificate = tls.required("certificate", "name the certificate's PEM file beside its key")
            let key = tls.required("key", "name the private key's PEM file beside the certificate")
            if let certificate = certificate?.readableFile(), let key = key?.readableFile() {
                listener?.tls = TLSFiles(certificate: certificate, key: key)
            }
        }
        return listener
    }

    /// An address alone.
    func address() -> Listener? {
        guard let text = text("an address") else { return nil }
        do throws(Listener.Problem) {
            return try Listener(address: text.value)
        } catch {
            mistake("\(text.shown) \(error.problem)", error.remedy)
            return nil
        }
    }
}
