import Testing

@testable import Transport

/// What real clients have sent, and what hand-made clients might.
struct CaptureTests {
    @Test func recordedRequestsParseToTheirBodies() throws {
        let captures = try Captures.load("recorded.jsonl")
        #expect(captures.count > 100)
        for capture in captures {
            let seen = CodecDriver.whole(capture.request)
            guard seen.count == 1, case .request(let request) = seen[0] else {
                Issue.record("\(capture.case): \(seen)")
                continue
            }
            #expect(String(decoding: request.body, as: UTF8.self) == capture.body, "\(capture.case)")
            #expect(request.method == "POST")
            #expect(!request.head.isEmpty)
        }
    }

    @Test func craftedFramingIsRefused() throws {
        let captures = try Captures.load("crafted.jsonl").filter { $0.case.hasPrefix("http-") }
        #expect(captures.count == 10)
        for capture in captures {
            let seen = CodecDriver.whole(capture.request)
            guard seen.count == 1, case .refusal(let reason) = seen[0] else {
                Issue.record("\(capture.case): \(seen)")
                continue
            }
            #expect(reason.status == 400, "\(capture.case)")
        }
    }

    @Test func otherCraftedRequestsAreWellFormed() throws {
        for capture in try Captures.load("crafted.jsonl") where !capture.case.hasPrefix("http-") {
            let seen = CodecDriver.whole(capture.request)
            let count = capture.case.contains("two-requests") ? 2 : 1
            #expect(seen.count == count, "\(capture.case)")
            for case .refusal(let reason) in seen {
                Issue.record("\(capture.case): \(reason)")
            }
        }
    }
}
