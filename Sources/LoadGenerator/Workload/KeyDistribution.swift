/// Which keys are asked for how often.
public enum KeyDistribution: Sendable, Equatable {
    /// The key of rank r with a probability proportional to 1 / r^exponent; ranks are spread over the keys.
    case zipf(exponent: Double)
    /// As YCSB's "zipfian": ranks among 10^10, each hashed onto one of the keys, so that many ranks share a key.
    ///
    /// The most popular keys stand out less than with `zipf`, the more so the fewer keys there are.
    case scrambled(exponent: Double)
    /// All alike.
    case uniform
    /// One after the other, and again from the first.
    case scan
    /// As zipf, the key inserted last having rank 1.
    case latest(exponent: Double)
    /// A part of the keys gets a part of the requests; alike within both parts.
    case hotspot(keys: Double, requests: Double)
    /// Keys and operations of a trace, in its order, again from the first at the end.
    case trace(path: String)

    /// The exponent of YCSB.
    public static let usualExponent = 0.99

    /// Parses `zipf:0.99`, `scrambled:0.99`, `uniform`, `scan`, `latest:0.99`, `hotspot:0.2:0.8` or `trace:FILE`.
    public init(_ text: String) throws(PlanError) {
        let (name, argument) = Fields.split(text, at: ":")
        switch name {
        case "zipf": self = .zipf(exponent: try Self.exponent(argument, text))
        case "scrambled": self = .scrambled(exponent: try Self.exponent(argument, text))
        case "latest": self = .latest(exponent: try Self.exponent(argument, text))
        case "uniform" where argument == nil: self = .uniform
        case "scan" where argument == nil: self = .scan
        case "hotspot":
            guard let argument else {
                self = .hotspot(keys: 0.2, requests: 0.8)
                return
            }
            let parts = Fields.split(argument, at: ":")
            guard let keys = Double(parts.0), let requests = Double(parts.1 ?? ""), keys > 0, keys < 1,
                (0...1).contains(requests)
            else { throw PlanError("distribution '\(text)': hotspot:KEYS:REQUESTS wants two parts between 0 and 1") }
            self = .hotspot(keys: keys, requests: requests)
        case "trace":
            guard let argument, !argument.isEmpty else { throw PlanError("distribution '\(text)' names no file") }
            self = .trace(path: argument)
        default:
            throw PlanError(
                "distribution '\(text)' is none of zipf[:EXPONENT], scrambled[:EXPONENT], uniform, scan, "
                    + "latest[:EXPONENT], hotspot[:KEYS:REQUESTS], trace:FILE"
            )
        }
    }

    private static func exponent(_ argument: String?, _ text: String) throws(PlanError) -> Double {
        guard let argument else { return usualExponent }
        guard let exponent = Double(argument), exponent > 0, exponent <= 10 else {
            throw PlanError("distribution '\(text)': the exponent is above 0, at most 10")
        }
        return exponent
    }
}

/// Parts of text.
enum Fields {
    /// What stands before the first separator, and what after it; nil if there is none.
    static func split(_ text: String, at separator: Character) -> (String, String?) {
        guard let place = text.firstIndex(of: separator) else { return (text, nil) }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }
}
