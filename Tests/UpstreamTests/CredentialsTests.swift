import Foundation
import SigV4
import Testing

@testable import Upstream

@Suite("Credentials")
struct CredentialsTests {
    @Test func environment() throws {
        var variables = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "topsecret"]
        #expect(try EnvironmentCredentials(variable: { variables[$0] }).current().accessKeyID == "AKID")
        #expect(try EnvironmentCredentials(variable: { variables[$0] }).current().sessionToken == nil)
        variables["AWS_SESSION_TOKEN"] = "token"
        #expect(try EnvironmentCredentials(variable: { variables[$0] }).current().sessionToken == "token")
        variables["AWS_ACCESS_KEY_ID"] = nil
        let error = #expect(throws: CredentialsError.self) { try EnvironmentCredentials(variable: { variables[$0] }) }
        #expect(error?.description == "the environment variable AWS_ACCESS_KEY_ID is not set")
    }

    @Test func profileFile() throws {
        let text = """
            # a comment with [default] in it
            [default]
            aws_access_key_id = AKIDDEFAULT
            aws_secret_access_key = secret/with+=signs
            ; another
            [ other ]\r
              AWS_ACCESS_KEY_ID=AKIDOTHER   # trailing
            aws_secret_access_key=a#b;c
            aws_session_token = t==
            s3 =
              max_concurrent_requests = 20
              odd

            [half]
            aws_access_key_id = AKIDHALF
            role_arn = arn:aws:iam::1:role/x
            [default]
            aws_access_key_id = AKIDLATER
            """
        func file(_ profile: String) throws -> ProfileFile { try ProfileFile(Array(text.utf8), profile: profile) }
        #expect(try file("default").values["aws_access_key_id"] == Array("AKIDLATER".utf8))
        #expect(try file("default").values["aws_secret_access_key"] == Array("secret/with+=signs".utf8))
        let other = try file("other")
        #expect(other.values["aws_access_key_id"] == Array("AKIDOTHER".utf8))
        #expect(other.values["aws_secret_access_key"] == Array("a#b;c".utf8))
        #expect(try other.credentials(profile: "other").sessionToken == "t==")
        let half = #expect(throws: CredentialsError.self) { try file("half").credentials(profile: "half") }
        #expect(half?.description.contains("aws_secret_access_key") == true)
        #expect(half?.description.contains("role_arn") == true)
        #expect(throws: CredentialsError("there is no profile [absent]")) { try file("absent") }
    }

    @Test(arguments: [
        "[p]\naws_access_key_id AKID topsecret", "[p\naws_secret_access_key = topsecret",
        "[p]\naws_access_key_id = A\naws_secret_access_key = topsecret topsecret",
        "[p]\naws_access_key_id =\naws_secret_access_key = topsecret", "topsecret", "",
    ])
    func errorsNameNoSecret(_ text: String) {
        let error = #expect(throws: CredentialsError.self) {
            try ProfileFile(Array(text.utf8), profile: "p").credentials(profile: "p")
        }
        #expect(error?.description.contains("topsecret") == false)
    }

    @Test func changedFileIsReadAgain() throws {
        let path = NSTemporaryDirectory() + "leveret-credentials-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        try write("[default]\naws_access_key_id = ONE\naws_secret_access_key = s\n")
        let environment = ["AWS_SHARED_CREDENTIALS_FILE": path]
        let provider = try ProfileCredentials(checkInterval: 0) { environment[$0] }
        let first = provider.current()
        #expect(first.accessKeyID == "ONE")
        // Unchanged: the same key object, whose derived keys are cached elsewhere.
        #expect(provider.current().secretAccessKey === first.secretAccessKey)
        try write("[default]\naws_access_key_id = TWO\naws_secret_access_key = s2\n")
        #expect(provider.current().accessKeyID == "TWO")
        try write("[default]\naws_access_key_id = THREE\n")
        #expect(provider.current().accessKeyID == "TWO")
        #expect(provider.reloadError?.description.contains("aws_secret_access_key") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(provider.current().accessKeyID == "TWO")
        #expect(provider.reloadError?.description.contains("No such file") == true)
        try write("[default]\naws_access_key_id = FOUR\naws_secret_access_key = s\n")
        #expect(provider.current().accessKeyID == "FOUR")
        #expect(provider.reloadError == nil)
        let patient = try ProfileCredentials(profile: "default", file: path, checkInterval: .max)
        try write("[default]\naws_access_key_id = FIVE\naws_secret_access_key = s\n")
        #expect(patient.current().accessKeyID == "FOUR")
    }

    @Test func fileIsFoundAsTheToolsDo() throws {
        let home = NSTemporaryDirectory() + "leveret-home-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        try FileManager.default.createDirectory(atPath: home + "/.aws", withIntermediateDirectories: true)
        try "[work]\naws_access_key_id = W\naws_secret_access_key = s\n"
            .write(toFile: home + "/.aws/credentials", atomically: true, encoding: .utf8)
        let environment = ["HOME": home, "AWS_PROFILE": "work"]
        #expect(try ProfileCredentials { environment[$0] }.current().accessKeyID == "W")
        #expect(throws: CredentialsError.self) { try ProfileCredentials(profile: "play") { environment[$0] } }
        #expect(throws: CredentialsError.self) { try ProfileCredentials { _ in nil } }
        #expect(throws: CredentialsError.self) { try ProfileCredentials(file: "/dev/zero") }
        #expect(throws: CredentialsError.self) { try ProfileCredentials(file: home) }
    }
}
