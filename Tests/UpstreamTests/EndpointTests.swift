import Testing

@testable import Upstream

@Suite("Endpoints")
struct EndpointTests {
    @Test func urlIsTakenApart() throws {
        let plain = try UpstreamEndpoint(url: "http://LocalHost:8000", region: "us-east-1")
        #expect(plain.scheme == .http)
        #expect(plain.host == "localhost")
        #expect(plain.port == 8000)
        #expect(plain.path == "/")
        #expect(plain.authority(ofHost: plain.host) == "localhost:8000")
        let deep = try UpstreamEndpoint(url: "https://proxy.example/tenant-a/x%20y/", region: "eu-west-1")
        #expect(deep.port == 443)
        #expect(deep.path == "/tenant-a/x%20y/")
        #expect(deep.authority(ofHost: deep.host) == "proxy.example")
        let six = try UpstreamEndpoint(url: "http://[::1]:80/", region: "local")
        #expect(six.host == "[::1]")
        #expect(six.authority(ofHost: six.host) == "[::1]")
    }

    @Test(arguments: [
        "", "localhost", "localhost:8000", "//localhost", "ftp://localhost", "http://", "http://a b/",
        "http://h/\r\nX: y",
        "http://user@host/", "http://user:secret@host/", "http://host/?a=b", "http://host/#f", "http://host:0/",
        "http://host:65536/", "http://host:x/", "http://[::1", "http://h\u{e9}/", "file:///etc/passwd",
    ])
    func urlIsRefused(_ url: String) {
        let error = #expect(throws: UpstreamEndpointError.self) {
            try UpstreamEndpoint(url: url, region: "us-east-1")
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: ["", "us east", "eu-west-1/x", "a\r\nb"])
    func regionIsRefused(_ region: String) {
        #expect(throws: UpstreamEndpointError.self) {
            try UpstreamEndpoint(url: "http://localhost", region: region)
        }
    }

    @Test(arguments: [
        ("dynamodb.eu-west-1.amazonaws.com", "streams.dynamodb.eu-west-1.amazonaws.com"),
        ("dynamodb.cn-north-1.amazonaws.com.cn", "streams.dynamodb.cn-north-1.amazonaws.com.cn"),
        ("dynamodb-fips.us-east-1.amazonaws.com", "streams.dynamodb-fips.us-east-1.amazonaws.com"),
        ("dynamodb.us-east-1.api.aws", "streams-dynamodb.us-east-1.api.aws"),
        ("123456789012.ddb.us-east-1.amazonaws.com", "streams.dynamodb.us-east-1.amazonaws.com"),
        ("localhost", "localhost"),
        ("dynamodb.example.com", "dynamodb.example.com"),
        ("amazonaws.com", "amazonaws.com"),
        ("vpce-1.dynamodb.us-east-1.vpce.amazonaws.com", "vpce-1.dynamodb.us-east-1.vpce.amazonaws.com"),
    ])
    func streamsHaveTheirOwnHostOnAWS(_ host: String, _ streams: String) throws {
        let endpoint = try UpstreamEndpoint(url: "https://\(host)", region: "eu-west-1")
        #expect(endpoint.host(forTarget: "DynamoDB_20120810.GetItem") == host)
        #expect(endpoint.host(forTarget: "DynamoDBStreams_20120810.GetRecords") == streams)
    }
}
