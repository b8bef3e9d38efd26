import DynamoDB

extension TableReference {
    /// The table's name as bytes.
    var nameBytes: [UInt8] { Array(name.utf8) }
}

extension TableDescription {
    /// Whether the table serves reads and writes.
    var isUsable: Bool { status == "ACTIVE" || status == "UPDATING" }
}
