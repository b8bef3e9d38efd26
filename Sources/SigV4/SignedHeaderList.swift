/// A list of signed headers, `;` between the names, taken apart.
///
/// It is kept for the next request, whose list is nearly always the same: a client signs the same headers every time.
struct SignedHeaderList: ~Copyable {
    private var text = ByteBuffer(capacity: 256)
    private var names: [ByteRange] = []
    /// For each layout, in turn, and each name the header's value, if there is just one.
    private var values: [ByteRange?] = []
    private var layouts = InlineArray<4, UInt64>(repeating: 0)
    private var oldest = 0
    /// Where those of the request's layout begin in `values`, if they are known.
    private var first: Int?
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

    /// Where the value of the only header with that name is; nil if that is not known.
    @inline(__always)
    func value(_ index: Int) -> ByteRange? { first.flatMap { first in values[first &+ index] } }

    /// Looks for the headers that were named last, unless the request has them where the one before had.
    mutating func find(in request: ReceivedRequest) {
        first = nil
        // With more names than headers one of them is missing.
        guard request.layout != 0, names.count <= request.headerCount else { return }
        for index in layouts.indices where layouts[index] == request.layout {
            first = index * names.count
            return
        }
        while values.count < layouts.count * names.count { values.append(nil) }
        let first = oldest * names.count
        for place in names.indices {
            let name = text.bytes[names[place]]
            var value: ByteRange?
            var isOnly = true
            for index in 0..<request.headerCount where request.isHeader(index, named: name) {
                isOnly = value == nil
                value = request.headerValue(index)
            }
            values[first + place] = isOnly ? value : nil
        }
        layouts[oldest] = request.layout
        oldest = (oldest + 1) % layouts.count
        self.first = first
    }

    mutating func read(_ list: Bytes) {
        if !list.isEmpty, text.bytes.equals(list) { return }
        text.removeAll()
        text.append(list)
        names.removeAll(keepingCapacity: true)
        layouts = InlineArray(repeating: 0)
        values.removeAll(keepingCapacity: true)
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
