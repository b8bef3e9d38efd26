/// Asks for the capacity that an operation uses where the client did not, and takes the answer out of the reply again,
/// so that the client sees what it would have seen.
///
/// Both by inserting and cutting bytes: nothing else of a body changes. A body in which the place can't be told is
/// left alone.
public enum CapacityRequest {
    /// What a request says of `ReturnConsumedCapacity`.
    private enum Asked {
        case nothing
        case none(ByteRange)
        case other
    }

    /// The request with `ReturnConsumedCapacity` set to TOTAL; nil when it asks already, in whatever way, or is no object
    /// with members.
    public static func asking(_ body: UnsafeRawBufferPointer) -> [UInt8]? {
        var output: [UInt8] = []
        switch unsafe try? asked(body) {
        case .nothing?:
            guard let brace = unsafe body.firstIndex(of: UInt8(ascii: "{")) else { return nil }
            output.reserveCapacity(body.count + 40)
            unsafe output.append(contentsOf: body[...brace])
            output.append(contentsOf: #""ReturnConsumedCapacity":"TOTAL","#.utf8)
            unsafe output.append(contentsOf: body[(brace + 1)...])
            return output
        case .none(let range)?:
            return unsafe RequestWriter.replacing(range, of: body, with: "TOTAL".utf8)
        case .other?, nil:
            return nil
        }
    }

    private static func asked(_ body: UnsafeRawBufferPointer) throws(RequestError) -> Asked {
        var reader = unsafe JSONReader(body)
        guard try reader.peek() == .object else { return .other }
        try reader.beginObject()
        var asked = Asked.nothing
        var isEmpty = true
        while let name = try reader.nextMember() {
            isEmpty = false
            guard reader.matches(name, "ReturnConsumedCapacity") else {
                try reader.skipValue()
                continue
            }
            guard case .nothing = asked, try reader.peek() == .string else { return .other }
            let value = try reader.string()
            asked = value.isPlain && reader.matches(value, "NONE") ? .none(value.range) : .other
        }
        try reader.finish()
        return isEmpty ? .other : asked
    }
}

/// The capacity that a reply reports, of whatever operation and in whatever shape.
public struct CapacityReport: Sendable, Equatable {
    /// All units, summed over tables.
    public private(set) var units = 0.0
    /// The units called `ReadCapacityUnits`, as transactions report them; nil when none are.
    public private(set) var readUnits: Double?
    /// The units called `WriteCapacityUnits`.
    public private(set) var writeUnits: Double?
    /// Where the member stands in the reply, with the comma that goes when it goes.
    public let member: ByteRange

    /// Finds the report of a reply; nil when there is none that is understood.
    public static func find(in reply: UnsafeRawBufferPointer) -> CapacityReport? {
        try? unsafe read(reply)
    }

    /// The reply without the report.
    public func cut(from reply: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(reply.count - member.count)
        output.append(contentsOf: reply[..<member.start])
        output.append(contentsOf: reply[member.end...])
        return output
    }

    private init(member: ByteRange) {
        self.member = member
    }

    private static func read(_ reply: UnsafeRawBufferPointer) throws(RequestError) -> CapacityReport? {
        var reader = unsafe JSONReader(reply)
        var member = ByteRange(start: 0, end: 0)
        var value: ByteRange?
        var previousEnd: Int?
        var isLeading = false
        try reader.beginObject()
        while let name = try reader.nextMember() {
            // The opening quote.
            let start = name.range.start - 1
            if isLeading {
                // Without a comma in front the one behind goes.
                member.end = start
                isLeading = false
            }
            if reader.matches(name, "ConsumedCapacity") {
                guard value == nil else { return nil }
                let range = try reader.skipValue()
                value = range
                member = ByteRange(start: previousEnd ?? start, end: range.end)
                isLeading = previousEnd == nil
            } else {
                try reader.skipValue()
            }
            previousEnd = reader.position
        }
        try reader.finish()
        guard let value else { return nil }
        var report = CapacityReport(member: member)
        guard unsafe try report.addAll(reply, value) else { return nil }
        return report
    }

    /// Adds up an object, or an array of them.
    private mutating func addAll(_ reply: UnsafeRawBufferPointer, _ value: ByteRange) throws(RequestError) -> Bool {
        var reader = unsafe JSONReader(reply, at: value)
        switch try reader.peek() {
        case .object: return try add(&reader)
        case .array:
            try reader.beginArray()
            while try reader.nextElement() {
                guard try add(&reader) else { return false }
            }
            return true
        default: return false
        }
    }

    private mutating func add(_ reader: inout JSONReader) throws(RequestError) -> Bool {
        guard try reader.peek() == .object else { return false }
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if reader.matches(name, "CapacityUnits") {
                units += try Self.number(&reader)
            } else if reader.matches(name, "ReadCapacityUnits") {
                readUnits = try Self.number(&reader) + (readUnits ?? 0)
            } else if reader.matches(name, "WriteCapacityUnits") {
                writeUnits = try Self.number(&reader) + (writeUnits ?? 0)
            } else {
                try reader.skipValue()
            }
        }
        return true
    }

    private static func number(_ reader: inout JSONReader) throws(RequestError) -> Double {
        let text = unsafe String(decoding: try reader.number().slice(of: reader.bytes), as: UTF8.self)
        // More than any table has; keeps sums finite.
        guard let units = Double(text), (0...1e12).contains(units) else { throw .malformedJSON }
        return units
    }
}
