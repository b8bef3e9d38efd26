import Testing

@testable import Proxy

@Suite struct ByteMapTests {
    private func find(_ key: String, in map: ByteMap<Int>) -> Int? {
        Array(key.utf8).withUnsafeBytes { map.find($0) }
    }

    @Test func `finds what was inserted and nothing else`() {
        var map = ByteMap<Int>()
        #expect(find("a", in: map) == nil)
        #expect(find("", in: map) == nil)
        map.insert(Array("a".utf8), 1)
        map.insert(Array("ab".utf8), 2)
        map.insert([], 3)
        #expect(find("a", in: map) == 1)
        #expect(find("ab", in: map) == 2)
        #expect(find("", in: map) == 3)
        #expect(find("b", in: map) == nil)
        #expect(find("abc", in: map) == nil)
        #expect(map.count == 3)
    }

    @Test func `the last value of a key counts`() {
        var map = ByteMap<Int>()
        map.insert([1], 1)
        map.insert([1], 2)
        #expect([1].withUnsafeBytes { map.find($0) } == nil, "eight bytes are another key")
        #expect([UInt8(1)].withUnsafeBytes { map.find($0) } == 2)
        #expect(map.count == 1)
    }

    @Test func `grows`() {
        var map = ByteMap<Int>()
        for number in 0..<5000 {
            map.insert(Array("key \(number)".utf8), number)
        }
        #expect(map.count == 5000)
        let wrong = (0..<5000).filter { (number: Int) in find("key \(number)", in: map) != number }
        #expect(wrong.isEmpty)
        #expect(find("key 5000", in: map) == nil)
    }

    @Test func `a copy is a value of its own`() {
        var map = ByteMap<Int>()
        map.insert([1], 1)
        let copy = map
        map.removeAll()
        #expect([UInt8(1)].withUnsafeBytes { map.find($0) } == nil)
        #expect(map.count == 0)
        #expect([UInt8(1)].withUnsafeBytes { copy.find($0) } == 1)
        map.insert([1], 2)
        #expect([UInt8(1)].withUnsafeBytes { map.find($0) } == 2)
        #expect(copy.count == 1)
    }
}
