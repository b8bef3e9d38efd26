/// A list of signed headers, `;` between the names, taken apart.
///
/// It is kept for the next request, whose list is nearly always the same: a client signs the same headers every time.
struct SignedHeaderList: ~Copyable {
    private var text = ByteBuffer(capacity: 256)
    private var names: [ByteRange] = []
    /// The names are in order, and none occurs twice.
    private(set) var isOrdered = true
    // Compared without regard to case.
    private(set) var hasHost = false
    private(set) var hasDate = false
    private(set) var hasTarget = false

    /// The number of names.
    var count: Int { names.count }

    /// A name, which lies in `list`: the one last read.
    @inline(__always)
    func name(_ index: Int, in list: Bytes) -> Bytes { list[names[index]] }

    mutating func read(_ list: Bytes) {
        if !list.isEmpty, text.bytes.equals(list) { return }
        text.removeAll()
        text.append(list)
        names.removeAll(keepingCapacity: true)
        isOrdered = true
        hasHost = false
        hasDate = false
        hasTarget = false
        var previous = list[0..<0]
        var items = SeparatedItems(list, separator: UInt8(ascii: ";"))
        while let range = items.next() {
            let name = list[range]
            names.append(ByteRange(range))
            isOrdered = isOrdered && name.compare(previous) > 0
            hasHost = hasHost || name.equalsIgnoringCase(Bytes("host"))
            hasDate = hasDate || name.equalsIgnoringCase(Bytes("x-amz-date"))
            hasTarget = hasTarget || name.equalsIgnoringCase(Bytes("x-amz-target"))
            previous = name
        }
    }
}
