import Yams

/// A mapping whose keys are known ones.
struct YAMLSection {
    let value: YAMLValue
    private var members: [String: YAMLValue] = [:]

    /// Reports the keys that are not known; null values count as absent.
    init(_ mapping: Node.Mapping, at value: YAMLValue, keys: [String]) {
        self.value = value
        for (key, node) in mapping {
            guard let name = key.scalar?.string, keys.contains(name) else {
                report(unknown: key, keys: keys)
                continue
            }
            let member = YAMLValue(node: node, path: path(name), reading: value.reading)
            if !member.isNull { members[name] = member }
        }
    }

    /// The value of a key; nil when absent.
    subscript(key: String) -> YAMLValue? { members[key] }

    /// The value of a key that must be there.
    func required(_ key: String, _ remedy: String) -> YAMLValue? {
        if members[key] == nil { missing(key, remedy) }
        return members[key]
    }

    /// Reports a key that must be there.
    func missing(_ key: String, _ remedy: String) {
        value.reading.mistake(value.place, path(key), "missing", remedy)
    }

    /// Keeps the default in `target` when the key is absent or its value wrong.
    func set<Target>(_ target: inout Target, _ key: String, _ read: (YAMLValue) -> Target?) {
        if let member = members[key], let new = read(member) { target = new }
    }

    /// The same for a value without a default.
    func set<Target>(_ target: inout Target?, _ key: String, _ read: (YAMLValue) -> Target?) {
        if let member = members[key], let new = read(member) { target = new }
    }

    private func path(_ key: String) -> String {
        value.path.isEmpty ? key : "\(value.path).\(key)"
    }

    private func report(unknown key: Node, keys: [String]) {
        let name = key.scalar?.string ?? ""
        if YAMLDocument.isMasked(name) { return }
        let reading = value.reading
        let isShown = !ConfigurationKeys.mayHoldSecrets(keys) || Similarity.nearest(to: name, among: keys) != nil
        if name == "<<" {
            reading.mistake(
                Place(key.mark),
                value.path,
                "merge keys are not understood",
                "use an alias for the whole value"
            )
        } else if YAMLDocument.isPlainKey(name), isShown {
            reading.mistake(Place(key.mark), path(name), "unknown key", Similarity.remedy(for: name, among: keys))
        } else {
            let colon = name.contains(":") ? "; is a space missing after a colon?" : ""
            reading.mistake(
                Place(key.mark),
                value.path,
                "unknown key\(colon)",
                "known are \(keys.joined(separator: ", "))"
            )
        }
    }
}
