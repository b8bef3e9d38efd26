/// The capacity a read used, as replies report it for one table.
///
///     TOTAL     {"TableName":"t","CapacityUnits":0.5}
///     INDEXES   {"TableName":"t","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}}
public struct ConsumedCapacity: Sendable, Equatable {
    /// The table as the request named it: the contents of the JSON string, between its quotes, escapes included.
    public let tableName: [UInt8]
    /// The units of all the read.
    public private(set) var units: Double
    /// The units of the table itself, in the shape of INDEXES.
    public private(set) var tableUnits: Double?

    /// The capacity of a read of a table.
    ///
    /// `shape` is not `.none`.
    public init(tableName: [UInt8], units: Double, shape: ReturnConsumedCapacity) {
        self.tableName = tableName
        self.units = units
        tableUnits = shape == .indexes ? units : nil
    }

    /// Appends what a hit reports: nothing was used.
    ///
    /// Allocates nothing but room in `output`; writes nothing for `.none`. `tableName` is the contents of the JSON string,
    /// as in ``tableName``.
    public static func appendHit(
        tableName: UnsafeRawBufferPointer,
        shape: ReturnConsumedCapacity,
        to output: inout [UInt8]
    ) {
        guard shape != .none else { return }
        output.append(contentsOf: "{\"TableName\":\"".utf8)
        unsafe output.append(contentsOf: tableName)
        output.append(contentsOf: "\",\"CapacityUnits\":0.0".utf8)
        if shape == .indexes { output.append(contentsOf: ",\"Table\":{\"CapacityUnits\":0.0}".utf8) }
        output.append(UInt8(ascii: "}"))
    }

    /// Appends the JSON object.
    public func append(to output: inout [UInt8]) {
        output.append(contentsOf: "{\"TableName\":\"".utf8)
        output.append(contentsOf: tableName)
        output.append(contentsOf: "\",\"CapacityUnits\":\(units)".utf8)
        if let tableUnits { output.append(contentsOf: ",\"Table\":{\"CapacityUnits\":\(tableUnits)}".utf8) }
        output.append(UInt8(ascii: "}"))
    }

    /// What an eventually consistent read would have used, from what a strongly consistent one did: half.
    public var halved: ConsumedCapacity {
        var result = self
        result.units /= 2
        result.tableUnits = tableUnits.map { $0 / 2 }
        return result
    }

    /// One entry for each table, in the order in which tables first come, with the sum of its parts: for a
    /// BatchGetItem answered in several steps.
    public static func merged(_ parts: [ConsumedCapacity]) -> [ConsumedCapacity] {
        var positions: [[UInt8]: Int] = [:]
        var merged: [ConsumedCapacity] = []
        for part in parts {
            if let position = positions[part.tableName] {
                merged[position].units += part.units
                merged[position].tableUnits = merged[position].tableUnits.map { $0 + (part.tableUnits ?? part.units) }
            } else {
                positions[part.tableName] = merged.count
                merged.append(part)
            }
        }
        return merged
    }
}

// MARK: - Reading

extension ConsumedCapacity {
    /// Reads a raw `ConsumedCapacity` object.
    ///
    /// Nil for any other shape than the two above.
    public static func parse(_ object: UnsafeRawBufferPointer) -> ConsumedCapacity? {
        var reader = unsafe JSONReader(object)
        do {
            let capacity = try read(&reader)
            try reader.finish()
            return capacity
        } catch {
            return nil
        }
    }

    /// Reads a raw `ConsumedCapacity` array, as of BatchGetItem.
    ///
    /// Nil when an element has another shape.
    public static func parse(list: UnsafeRawBufferPointer) -> [ConsumedCapacity]? {
        var reader = unsafe JSONReader(list)
        var capacities: [ConsumedCapacity] = []
        do {
            try reader.beginArray()
            while try reader.nextElement() { capacities.append(try read(&reader)) }
            try reader.finish()
            return capacities
        } catch {
            return nil
        }
    }

    private static func read(_ reader: inout JSONReader) throws(RequestError) -> ConsumedCapacity {
        var tableName: [UInt8]?
        var units: Double?
        var tableUnits: Double?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if tableName == nil, reader.matches(name, "TableName") {
                tableName = unsafe Array(try reader.string().range.slice(of: reader.bytes))
            } else if units == nil, reader.matches(name, "CapacityUnits") {
                units = try readUnits(&reader)
            } else if tableUnits == nil, reader.matches(name, "Table") {
                try reader.beginObject()
                guard let name = try reader.nextMember(), reader.matches(name, "CapacityUnits") else {
                    throw .malformedJSON
                }
                tableUnits = try readUnits(&reader)
                guard try reader.nextMember() == nil else { throw .malformedJSON }
            } else {
                throw .malformedJSON
            }
        }
        guard let tableName, let units else { throw .malformedJSON }
        var capacity = ConsumedCapacity(tableName: tableName, units: units, shape: .total)
        capacity.tableUnits = tableUnits
        return capacity
    }

    private static func readUnits(_ reader: inout JSONReader) throws(RequestError) -> Double {
        let text = unsafe String(decoding: try reader.number().slice(of: reader.bytes), as: UTF8.self)
        // More than any table has; keeps sums finite.
        guard let units = Double(text), (0...1e12).contains(units) else { throw .malformedJSON }
        return units
    }
}
