import Testing

@testable import Proxy

struct LogLimitTests {
    @Test func `ten lines a second, and the rest is counted`() {
        var limit = LogLimit()
        let start: UInt64 = 5_000_000_000
        for _ in 0..<10 {
            #expect(limit.admit(now: start) == 0)
        }
        for _ in 0..<7 {
            #expect(limit.admit(now: start + 999_999_999) == nil)
        }
        #expect(limit.admit(now: start + 1_000_000_000) == 7)
        #expect(limit.admit(now: start + 1_000_000_001) == 0)
    }
}
