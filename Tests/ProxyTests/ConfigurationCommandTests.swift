import Foundation
import Testing

@testable import Proxy

/// The built program, beside this test's own image.
private let program: String? = {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    let image = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }?.drop { $0 != "/" }
    let folder = image.map { URL(filePath: String($0)).deletingLastPathComponent() }
    return folder?.appending(path: "leveret").path
}()

/// The program running, with its output in files so that nothing waits for a reader.
private final class RunningProgram {
    private let process = Process()
    private let folder: ConfigurationTestFile

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        folder = try ConfigurationTestFile("")
        try folder.write("", to: "out")
        try folder.write("", to: "err")
        process.executableURL = URL(filePath: try #require(program))
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: folder.folder.appending(path: "out").path)
        process.standardError = FileHandle(forWritingAtPath: folder.folder.appending(path: "err").path)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var output: String { text("out") }
    var errors: String { text("err") }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits until standard error contains the text; false after 20 s.
    func says(_ text: String) -> Bool { waits { self.errors.contains(text) } }

    /// The exit code; nil when it does not end within 20 s.
    func ends() -> Int32? { waits { !self.process.isRunning } ? process.terminationStatus : nil }

    private func waits(_ condition: () -> Bool) -> Bool {
        for _ in 0..<400 {
            if condition() { return true }
            usleep(50_000)
        }
        return condition()
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: folder.folder.appending(path: name), encoding: .utf8)) ?? ""
    }
}

private let correct = """
    listen: 127.0.0.1:0
    upstreams: [{name: u, endpoint: "http://127.0.0.1:9", region: r, credentials: {access_key_id: A, secret_access_key: s}}]
    tenants: [{name: t, keys: [{id: K, secret: "${SECRET}"}]}]
    """

@Suite(.serialized) struct ConfigurationCommandTests {
    @Test func version() throws {
        let run = try RunningProgram(["--version"])
        #expect(run.ends() == 0)
        #expect(run.output.hasPrefix("leveret "))
    }

    @Test func checkConfig() throws {
        let file = try ConfigurationTestFile(correct)
        let good = try RunningProgram(["check-config", file.path], environment: ["SECRET": "hunter2"])
        #expect(good.ends() == 0)
        #expect(good.output.hasPrefix("\(file.path): ok\n") && good.output.contains("tenant"))
        #expect(good.errors == "")

        let bad = try RunningProgram(["check-config", file.path])
        #expect(bad.ends() == 2)
        #expect(bad.output == "")
        #expect(bad.errors.hasPrefix("\(file.path):3:44: tenants[0].keys[0].secret: the environment variable SECRET"))
        #expect(bad.errors.hasSuffix("\(file.path): 1 mistake\n"))

        try file.write(correct.replacing("${SECRET}", with: "hunter2"), mode: 0o644)
        let warned = try RunningProgram(["check-config", file.path])
        #expect(warned.ends() == 0)
        #expect(
            warned.errors.contains(
                "warning: \(file.path):3:44: tenants[0].keys[0].secret: a secret is written in a file"
            )
        )
        #expect(!(warned.errors + warned.output).contains("hunter2"))
    }

    @Test(
        arguments: [
            (["serve"], "give --config FILE, or --dev"),
            (["serve", "--dev", "--upstream", "http://h", "--data", "x"], "leave out --upstream"),
            (["serve", "--config", "x", "--data", "y"], "--data goes with --dev"),
            (["local", "--host", "0.0.0.0"], "is no address of this machine alone"),
            (["local", "--port", "99999"], "port"),
            (["serve", "--dev", "--config", "x"], "exclude each other"),
            (["serve", "--config", "x", "--listen", "127.0.0.1:1"], "--listen goes with --dev"),
            (
                ["serve", "--dev", "--upstream", "http://h", "--listen", "0.0.0.0:1"],
                "can be reached from other machines"
            ),
            (["serve", "--dev", "--upstream", "ftp://h"], "no endpoint's URL"),
            (["serve", "--config", "x", "--log-level", "loud"], "--log-level"), (["check-config"], "<file>"),
            (["fly"], "fly"),
        ]
    )
    func wrongUsage(arguments: [String], expected: String) throws {
        let run = try RunningProgram(arguments)
        #expect(run.ends() == 64)
        #expect(run.errors.contains(expected) && run.output == "", "\(run.errors)")
    }

    @Test func serveRefusesABrokenFile() throws {
        let run = try RunningProgram(["serve", "--config", "/no/such.yaml"])
        #expect(run.ends() == 2)
        #expect(run.errors.hasPrefix("/no/such.yaml: cannot be read: No such file or directory; "))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func stopsGracefully(signal: Int32) throws {
        let run = try RunningProgram(["serve", "--dev", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"])
        #expect(run.says("message=listening"), "\(run.errors)")
        #expect(run.errors.contains("DEVELOPMENT MODE") && run.errors.contains("No signature is checked"))
        run.signal(signal)
        #expect(run.ends() == 0)
        #expect(run.errors.contains("message=stopped") && run.output == "")
    }

    @Test func reloads() throws {
        let file = try ConfigurationTestFile(correct)
        let run = try RunningProgram(["serve", "--config", file.path], environment: ["SECRET": "hunter2"])
        #expect(run.says("message=listening"), "\(run.errors)")
        try file.write(correct + "\nnonsense: 1")
        run.signal(SIGHUP)
        #expect(run.says("configuration not reloaded"))
        #expect(run.errors.contains(":4:1: nonsense: unknown key"))
        try file.write(correct + "\nlog: {format: json}")
        run.signal(SIGHUP)
        #expect(run.says("\"message\":\"configuration reloaded\""))
        run.signal(SIGTERM)
        #expect(run.ends() == 0)
        #expect(!run.errors.contains("hunter2"))
    }

    @Test func aTakenPortIsOneLine() throws {
        let first = try RunningProgram(["serve", "--dev", "--upstream", "http://h", "--listen", "127.0.0.1:0"])
        #expect(first.says("message=listening"), "\(first.errors)")
        let port = try #require(first.errors.firstMatch(of: /address=127\.0\.0\.1:(\d+)/)?.output.1)
        let second = try RunningProgram(["serve", "--dev", "--upstream", "http://h", "--listen", "127.0.0.1:\(port)"])
        #expect(second.ends() == 1)
        let lines = second.errors.split(separator: "\n").filter { !$0.hasPrefix("***") }
        #expect(lines == ["leveret: cannot listen on 127.0.0.1:\(port): Address already in use"])
    }
}
