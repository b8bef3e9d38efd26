/// The keys of `leveret.yaml`, in the order `docs/configuration.md` explains them.
enum ConfigurationKeys {
    static let file = [
        "listen", "reactors", "limits", "upstreams", "tenants", "cache", "resources", "allocation", "throttling",
        "coherence", "snapshot", "clock_window", "drain_timeout", "admin", "log", "trace",
    ]
    static let listener = ["address", "tls"]
    static let tls = ["certificate", "key"]
    static let limits = [
        "head_size", "header_count", "body_size", "connections", "idle_timeout", "head_timeout", "body_timeout",
        "write_timeout", "buffered_size", "in_flight",
    ]
    static let upstream = [
        "name", "endpoint", "region", "credentials", "ca_file", "connect_timeout", "request_timeout", "max_connections",
        "identity", "file", "service",
    ]
    static let embedded = ["name", "endpoint", "region", "request_timeout", "identity", "file", "service"]
    static let service = ["enforce_throughput", "read_latency", "write_latency", "faults", "seed"]
    static let latency = ["minimum", "maximum", "median", "p99"]
    static let fault = ["kind", "error", "delay", "probability", "operations", "tables"]
    static let credentials = [
        "access_key_id", "secret_access_key", "secret_access_key_file", "session_token", "session_token_file",
        "profile",
        "file",
    ]
    static let tenant = ["name", "keys", "upstream", "weight", "share", "operations", "tables", "cache"]
    static let tenantKey = ["id", "secret", "secret_file", "session_token", "session_token_file"]
    static let tenantCache = [
        "enabled", "budget", "policy", "ttl", "negative_ttl", "max_entry", "unchanged_while_stopped",
        "tables",
    ]
    static let tableCache = ["pattern", "enabled", "ttl", "negative_ttl", "unchanged_while_stopped"]
    static let cache = ["total", "huge_pages"]
    static let resources = ["rcu", "wcu", "egress"]
    static let allocation = [
        "mode", "policy", "interval", "window", "threshold", "step", "step_interval", "warm", "boost", "salt",
        "history", "floor",
    ]
    static let floor = ["cache", "rcu", "wcu", "egress"]
    static let throttling = ["queue_length", "queue_deadline", "burst"]
    static let admin = ["listen"]
    static let coherence = ["consistent_read_after_write", "dirty_window", "table_refresh"]
    static let log = ["level", "format"]
    static let trace = ["path", "max_size"]

    static let all = [
        file, listener, tls, limits, upstream, embedded, service, latency, fault, credentials, tenant, tenantKey,
        tenantCache, tableCache, cache, resources, allocation, floor, throttling, admin,
        coherence, log, trace,
    ]

    /// Mappings where a word nobody knows may be a secret that lost its key.
    static func mayHoldSecrets(_ keys: [String]) -> Bool { keys.contains("session_token") }
}
