import Foundation
import Testing

@testable import Proxy

@Suite struct SnapshotConfigurationTests {
    private let rest = """
        upstreams: [{name: a, region: eu-west-1, credentials: {access_key_id: a, secret_access_key: b}}]
        tenants:
          - name: t
            keys: [{id: A, secret: s}]
            cache:
              unchanged_while_stopped: true
              tables:
                - {pattern: "x-*", unchanged_while_stopped: false}

        """

    @Test func `path and promises are read`() throws {
        let file = try ConfigurationTestFile("snapshot: state/snapshot\n" + rest)
        let state = file.folder.appending(path: "state")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: false)
        let loaded = try file.load()
        #expect(loaded.configuration.snapshot == state.appending(path: "snapshot").path)
        #expect(loaded.configuration.tenants[0].cache.unchangedWhileStopped)
        #expect(loaded.configuration.tenants[0].cache.tables[0].unchangedWhileStopped == false)
        #expect(loaded.warnings.isEmpty)
        let rules = CacheRules(loaded.configuration.tenants[0].cache)
        #expect(!rules.settings(forTable: Array("x-1".utf8)).isUnchangedWhileStopped)
        #expect(rules.settings(forTable: Array("y-1".utf8)).isUnchangedWhileStopped)
    }

    @Test func `without the key there is none, and a promise is idle`() throws {
        let loaded = try ConfigurationTestFile(rest).load()
        #expect(loaded.configuration.snapshot == nil)
        #expect(loaded.warnings.count == 1)
        #expect(loaded.warnings.first?.description.contains("has no effect without a snapshot") == true)
    }

    @Test func `a path that cannot be written is a mistake`() throws {
        let file = try ConfigurationTestFile("snapshot: gone/snapshot\n" + rest)
        let mistakes = file.mistakes()
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix("1:11: snapshot: the file 'gone/snapshot' can't be written: ") == true)
        try file.write("snapshot: .\n" + rest)
        #expect(file.mistakes().count == 1)
        try file.write("snapshot: ''\n" + rest)
        #expect(file.mistakes().count == 1)
    }

    @Test func `a key that is nearly right`() throws {
        let file = try ConfigurationTestFile("snapsot: x\n" + rest)
        #expect(file.mistakes().first?.contains("did you mean 'snapshot'?") == true)
    }
}
