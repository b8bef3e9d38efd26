/// From access key ids to their positions in the list given.
///
/// Immutable; a lookup does not allocate.
public struct AccessKeyIndex: Sendable {
    private struct Entry {
        var start: Int
        var end: Int
        var position: Int
    }

    /// All ids, end to end.
    private var text: [UInt8] = []
    /// Open addressing, at most half full; its length is a power of two.
    private var table: [Entry?]

    /// An id that occurs twice keeps its first position.
    public init(_ ids: [String]) {
        var length = 2
        while length < ids.count * 2 { length *= 2 }
        table = Array(repeating: nil, count: length)
        for (position, id) in ids.enumerated() {
            let bytes = Array(id.utf8)
            unsafe bytes.withUnsafeBytes { bytes in
                let slot = slot(of: unsafe Bytes(bytes))
                guard table[slot] == nil else { return }
                let start = text.count
                unsafe text.append(contentsOf: bytes)
                table[slot] = Entry(start: start, end: text.count, position: position)
            }
        }
    }

    /// The position of an id in the list; nil when it is not there.
    public func index(of id: UnsafeRawBufferPointer) -> Int? {
        table[slot(of: unsafe Bytes(id))]?.position
    }

    /// The slot that holds the id, or the free one where it would be.
    private func slot(of id: Bytes) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<id.count { hash = (hash ^ UInt64(id[index])) &* 0x100_0000_01b3 }
        var slot = Int((hash ^ hash >> 32) & UInt64(table.count - 1))
        while let entry = table[slot], !holds(entry, id) { slot = (slot + 1) & (table.count - 1) }
        return slot
    }

    private func holds(_ entry: Entry, _ id: Bytes) -> Bool {
        guard entry.end - entry.start == id.count else { return false }
        return unsafe text.withUnsafeBytes { text in unsafe Bytes(text)[entry.start..<entry.end].equals(id) }
    }
}
