import Upstream

/// AWS' own DynamoDB endpoints, whose names and regions follow from each other.
enum AWSEndpoint {
    /// What to write where a URL is wrong.
    static let example = "write for example https://dynamodb.eu-west-1.amazonaws.com or http://127.0.0.1:8000"

    /// The endpoint of a region.
    static func url(ofRegion region: String) -> String {
        "https://dynamodb.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }

    /// The region in the host of a URL; nil when the host is not AWS'.
    ///
    /// - Throws: What is wrong with the URL.
    static func region(ofURL url: String) throws(UpstreamEndpointError) -> String? {
        let labels = try UpstreamEndpoint(url: url, region: "us-east-1").host.split(separator: ".")
        guard let service = labels.firstIndex(where: { ["dynamodb", "dynamodb-fips", "ddb"].contains($0) }),
            service + 2 < labels.count, ["amazonaws", "api"].contains(labels[service + 2])
        else { return nil }
        return String(labels[service + 1])
    }

    /// The URL as it may be shown: what stands before an `@` may be a password.
    static func shown(_ url: String, as text: String) -> String { url.contains("@") ? "the URL" : text }
}
