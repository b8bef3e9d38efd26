import DynamoDB

/// The capacity used of several tables, in the order in which the request names them.
struct ConsumptionList {
    private(set) var tables: [Consumption] = []

    /// Adds what was used of a table, named as in the request.
    mutating func add(_ used: Consumption) {
        if let index = tables.firstIndex(where: { $0.tableName == used.tableName }) {
            tables[index] += used
        } else {
            tables.append(used)
        }
    }

    /// Appends `,"ConsumedCapacity":[...]` when the request asked for it.
    ///
    /// `separatesDirections` is for transactions.
    func appendMember(_ shape: Consumption.Shape?, separatesDirections: Bool = false, to output: inout [UInt8]) {
        guard let shape else { return }
        output += ",\"ConsumedCapacity\":[".utf8
        for (index, used) in tables.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            used.append(shape, separatesDirections: separatesDirections, to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }
}

extension [UInt8] {
    /// Appends `"<name>":` to the members of a JSON object whose brace is not among these bytes, with a comma where one
    /// is due.
    mutating func appendMemberName(_ name: String) {
        if !isEmpty { append(UInt8(ascii: ",")) }
        JSONText.appendQuoted(name.utf8, to: &self)
        append(UInt8(ascii: ":"))
    }
}
