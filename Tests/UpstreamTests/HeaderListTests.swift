import CMallocCounter
import Testing

@testable import Upstream

@Suite struct HeaderListTests {
    @Test(arguments: ["a\nb", "a\rb", "a\0b", "\u{7F}", "\u{1}"])
    func controlCharactersAreRefused(value: String) {
        var list = HeaderList()
        list.append("X-Fine", "a\tb \u{E9}")
        let isFine = list.isValid
        list.append("X-Bad", value)
        let isBad = !list.isValid
        list.removeAll()
        let isFineAgain = list.isValid
        #expect(isFine && isBad && isFineAgain)
    }

    @Test(arguments: ["", "a b", "a:b", "a\n", "\u{E9}"])
    func namesThatAreNoTokensAreRefused(name: String) {
        var list = HeaderList()
        list.append(checking: name, [0x61])
        let isValid = list.isValid
        #expect(!isValid)
    }

    /// When it grows, when it is used again and when it goes.
    @Test(.enabled(if: freed_memory_available())) func nothingIsLeftInMemoryThatIsGivenBack() {
        let secret = Array("a token that nobody else is to see".utf8)
        let filling = String(repeating: ".", count: 1000)
        func freed(_ body: () -> Void) -> UInt64 {
            secret.withUnsafeBytes { freed_memory_watch($0.baseAddress, $0.count) }
            body()
            return freed_memory_stop()
        }
        func fill(_ list: inout HeaderList, lines: Int) {
            secret.withUnsafeBytes { list.append("X-Amz-Security-Token", $0) }
            for _ in 0..<lines { list.append("X-Filling", filling) }
            secret.withUnsafeBytes { list.append("Authorization", $0) }
        }
        let count = freed {
            var list = HeaderList()
            for lines in [0, 20, 1] {
                list.removeAll()
                fill(&list, lines: lines)
            }
        }
        #expect(count == 0)
        // It would be seen.
        #expect(freed { _ = [0] + secret } == 1)
    }

    /// One handle makes all the calls: more lines and bytes than there is room for at first, then fewer again.
    @Test func memoryIsUsedAgain() throws {
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        var call = try UpstreamCall.to(server)
        let value = Array(String(repeating: "v", count: 100).utf8)
        let counts = [1, 40, 3, 200, 0, 2]
        for count in counts {
            call.authentication = .passThrough(headers: (0..<count).map { ("X-Header-\($0)", value) })
            #expect(try harness.reply(to: call).status == 200)
        }
        #expect(server.connections == 1)
        for (request, count) in zip(server.requests, counts) {
            #expect((0..<count).allSatisfy { request.header("x-header-\($0)")?.utf8.count == 100 })
            #expect(request.header("x-header-\(count)") == nil)
            #expect(request.header("x-amz-target") == "DynamoDB_20120810.PutItem")
        }
    }
}
