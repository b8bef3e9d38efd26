import Foundation
import Testing

@testable import Proxy

/// A configuration file in a folder of its own, removed at the end.
final class ConfigurationTestFile {
    let folder: URL
    var path: String { folder.appending(path: "leveret.yaml").path }

    init(_ yaml: String, mode: Int = 0o600) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "leveret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(yaml, mode: mode)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ text: String, to name: String = "leveret.yaml", mode: Int = 0o600) throws {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    }

    func load(_ environment: [String: String] = [:]) throws(ConfigurationError) -> LoadedConfiguration {
        try Configuration.load(file: path) { environment[$0] }
    }

    /// `line:column: path: problem; remedy` of every mistake.
    func mistakes(_ environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(environment)
            return []
        } catch {
            let prefix = "\(path):"
            return error.description.split(separator: "\n").map { line in
                line.hasPrefix(prefix)
                    ? String(line.dropFirst(prefix.count)).trimmingCharacters(in: .whitespaces) : String(line)
            }
        }
    }
}

/// Where the package's own files are.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
