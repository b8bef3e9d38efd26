/// A head that was parsed: another, if nothing has changed but values that mean nothing to HTTP, is told by it without
/// being parsed.
///
/// A client's requests differ in their date, signature and number, and in what else but these is longer or shorter.
@safe
struct KnownHead: ~Copyable {
    /// The longest head, in bytes, and the most fields that are remembered.
    private static let capacity = (bytes: 4096, fields: 64)

    private let text: UnsafeMutableRawPointer
    /// 0xff for each byte that may become another without a change of what `head` says.
    private let free: UnsafeMutableRawPointer
    private let fields: UnsafeMutableBufferPointer<HeaderSlice>
    private var fieldCount = 0
    private var count = 0
    private var head = RequestHead()
    /// The number of its table's layout.
    private(set) var layout: UInt64 = 0
    /// The value of Content-Length, which may change too.
    private var length: Range<Int>?

    init() {
        unsafe text = .allocate(byteCount: Self.capacity.bytes, alignment: 16)
        unsafe free = .allocate(byteCount: Self.capacity.bytes, alignment: 16)
        unsafe fields = .allocate(capacity: Self.capacity.fields)
    }

    deinit {
        unsafe text.deallocate()
        unsafe free.deallocate()
        unsafe fields.deallocate()
    }

    /// What the head at the beginning of `other` says, if it is the known one but for such values.
    ///
    /// Its fields then lie where those of the known one do.
    func parse(_ other: HeadText, maximumBody: Int) -> RequestHead? {
        guard count > 0, other.count >= count, isKnown(other) else { return nil }
        var head = head
        if let length {
            // What is wrong with it is for the parser to say.
            guard let length = try? other.length(length, maximum: maximumBody) else { return nil }
            head.framing = .length(length)
        }
        return head
    }

    /// Copies the fields, and returns how many there are.
    func copyFields(to table: UnsafeMutableBufferPointer<HeaderSlice>) -> Int {
        _ = unsafe table.update(fromContentsOf: fields[..<fieldCount])
        return fieldCount
    }

    mutating func remember(
        _ bytes: HeadText,
        _ head: RequestHead,
        _ slices: UnsafeBufferPointer<HeaderSlice>,
        layout: UInt64
    ) {
        count = 0
        guard head.end >= HeadText.stride, head.end <= Self.capacity.bytes,
            slices.count <= Self.capacity.fields
        else { return }
        unsafe bytes.copy(head.end, to: text)
        unsafe free.initializeMemory(as: UInt8.self, repeating: 0, count: head.end)
        length = nil
        for index in slices.indices {
            let field = unsafe slices[index]
            unsafe fields.initializeElement(at: index, to: field)
            let name = Int(field.x)..<Int(field.x + field.y)
            let value = Int(field.z)..<Int(field.z + field.w)
            switch RequestHead.field(bytes, name) {
            case .host, .expect, .connection, .transferEncoding: continue
            case .contentLength: length = value
            case nil: break
            }
            unsafe (free + value.lowerBound).initializeMemory(as: UInt8.self, repeating: 0xff, count: value.count)
        }
        fieldCount = slices.count
        self.head = head
        self.layout = layout
        count = head.end
    }

    private func isKnown(_ other: HeadText) -> Bool {
        let last = count &- HeadText.stride
        var index = 0
        while true {
            let new = other.twoWords(at: index)
            let difference = unsafe new ^ text.loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self)
            if difference.x | difference.y != 0 {
                let free = unsafe free.loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self)
                guard Self.mayBecome(new, difference, free) else { return false }
            }
            if index == last { return true }
            // The last words may overlap those before.
            index = min(index &+ HeadText.stride, last)
        }
    }

    /// Whether all bytes that differ are free to, and are visible now: no white space, which ends a value, among them.
    @inline(__always)
    private static func mayBecome(
        _ new: SIMD2<UInt64>,
        _ difference: SIMD2<UInt64>,
        _ free: SIMD2<UInt64>
    ) -> Bool {
        let changed = (difference & ~.highBits &+ ~.highBits | difference) & .highBits
        let wrong = difference & ~free | HeadText.stops(new, below: 0x21) & changed
        return wrong.x | wrong.y == 0
    }
}
