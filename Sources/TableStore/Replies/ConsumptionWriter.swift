import DynamoDB

extension Consumption {
    /// Appends a `ConsumedCapacity` structure.
    ///
    ///     TOTAL     {"TableName":"t","CapacityUnits":2.0}
    ///     INDEXES   {"TableName":"t","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0},
    ///                "GlobalSecondaryIndexes":{"i":{"CapacityUnits":1.0}}}
    ///
    /// `separatesDirections` adds `ReadCapacityUnits` and `WriteCapacityUnits`, as transactions do.
    func append(_ shape: Shape, separatesDirections: Bool = false, to output: inout [UInt8]) {
        output += "{\"TableName\":".utf8
        JSONText.appendQuoted(tableName.utf8, to: &output)
        output.append(UInt8(ascii: ","))
        sum.append(separatesDirections, to: &output)
        if shape == .indexes {
            output += ",\"Table\":{".utf8
            table.append(separatesDirections, to: &output)
            output.append(UInt8(ascii: "}"))
            Self.append("LocalSecondaryIndexes", localIndexes, separatesDirections, to: &output)
            Self.append("GlobalSecondaryIndexes", globalIndexes, separatesDirections, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func append(
        _ name: String,
        _ indexes: [String: Units],
        _ separatesDirections: Bool,
        to output: inout [UInt8]
    ) {
        guard !indexes.isEmpty else { return }
        output += ",\"\(name)\":{".utf8
        for (position, (index, units)) in indexes.sorted(by: { $0.key < $1.key }).enumerated() {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(index.utf8, to: &output)
            output += ":{".utf8
            units.append(separatesDirections, to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "}"))
    }
}

extension Consumption.Units {
    /// Appends the members, without braces.
    fileprivate func append(_ separatesDirections: Bool, to output: inout [UInt8]) {
        output += "\"CapacityUnits\":\(total)".utf8
        guard separatesDirections else { return }
        if read > 0 { output += ",\"ReadCapacityUnits\":\(read)".utf8 }
        if write > 0 { output += ",\"WriteCapacityUnits\":\(write)".utf8 }
    }
}
