/// The reply of ListTables: one page of names, in order.
public struct ListTablesReply: Sendable, Equatable {
    /// The names of this page.
    public var names: [String]
    /// Where the next page starts after; nil on the last page.
    public var lastEvaluatedTableName: String?

    /// A page of names.
    public init(names: [String], lastEvaluatedTableName: String? = nil) {
        self.names = names
        self.lastEvaluatedTableName = lastEvaluatedTableName
    }

    /// Reads a reply.
    ///
    /// Nil when it is not one.
    public static func parse(_ body: UnsafeRawBufferPointer) -> ListTablesReply? {
        guard let root = unsafe JanssonTree(body)?.value, let elements = root["TableNames"]?.elements else {
            return nil
        }
        let names = elements.compactMap(\.string)
        guard names.count == elements.count else { return nil }
        return ListTablesReply(names: names, lastEvaluatedTableName: root["LastEvaluatedTableName"]?.string)
    }

    /// The bytes of the body.
    public func body() -> [UInt8] {
        var output = Array("{\"TableNames\":[".utf8)
        for (index, name) in names.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(name.utf8, to: &output)
        }
        output.append(UInt8(ascii: "]"))
        if let lastEvaluatedTableName {
            output += ",\"LastEvaluatedTableName\":".utf8
            JSONText.appendQuoted(lastEvaluatedTableName.utf8, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }
}
