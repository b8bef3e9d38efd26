import Glibc

/// What the process's limit of open descriptors allows.
enum Descriptors {
    /// Connections that may be open at once, so that there are descriptors left for the upstream, for files and for the
    /// reactors themselves; nil when there is no limit that matters.
    static func connectionsThatFit() -> Int? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            let soft = Int(exactly: limit.rlim_cur)
        else { return nil }
        return connections(of: soft)
    }

    /// Three quarters, less what the process needs for itself.
    static func connections(of descriptors: Int) -> Int {
        max(8, descriptors / 4 * 3 - 24)
    }
}
