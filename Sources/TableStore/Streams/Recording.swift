import DynamoDB

/// A write of one item, as streams see it.
struct ItemChange {
    var key: PrimaryKey
    var storageKey: StorageKey
    var old: Item?
    var oldSize: Int
    var new: Item?
    /// Whether TTL deletes the item rather than a client.
    var isByTimeToLive = false
}

extension Engine {
    /// Appends the stream record of a change when the table has a stream and the change is one (a write that leaves an
    /// item as it was has no record).
    func record(_ change: ItemChange, in table: Table) throws(ErrorReply) {
        guard let stream = table.definition.stream, change.old != change.new else { return }
        let key = change.key.attributes(in: table.definition.keySchema)
        _ = try storage.appendRecord(
            SavedRecord.bytes(of: change, key: key, view: stream.view, identity: identity, now: now),
            to: stream.number,
            at: now
        )
    }
}

/// A record's JSON, which is stored but for `eventID` and `SequenceNumber`: these follow from its number.
enum SavedRecord {
    /// All of a record but what its number gives, as it stands between the two.
    static func bytes(
        of change: ItemChange,
        key: AttributeMap,
        view: StreamDefinition.View,
        identity: StoreIdentity,
        now: Int64
    ) -> [UInt8] {
        let name =
            switch (change.old, change.new) {
            case (nil, _): "INSERT"
            case (_, nil): "REMOVE"
            default: "MODIFY"
            }
        var output = Array("\"eventName\":\"\(name)\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",".utf8)
        output += "\"awsRegion\":".utf8
        JSONText.appendQuoted(identity.region.utf8, to: &output)
        if change.isByTimeToLive {
            output += ",\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}".utf8
        }
        output += ",\"dynamodb\":{\"ApproximateCreationDateTime\":\(now / 1000),\"Keys\":".utf8
        key.append(to: &output)
        var size = key.size
        if view == .newImage || view == .newAndOldImages, let image = change.new {
            output += ",\"NewImage\":".utf8
            image.append(to: &output)
            size += image.size
        }
        if view == .oldImage || view == .newAndOldImages, let image = change.old {
            output += ",\"OldImage\":".utf8
            image.append(to: &output)
            size += image.size
        }
        output += ",\"SizeBytes\":\(size),\"StreamViewType\":\"\(view.rawValue)\"".utf8
        return output
    }

    /// Appends a stored record as GetRecords returns it.
    static func append(_ record: StreamRecord, of stream: TableStream, to output: inout [UInt8]) {
        let number = String(UInt64(bitPattern: record.number), radix: 16)
        let origin = String(UInt64(bitPattern: stream.number), radix: 16)
        let identifier = [origin, number].map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
        output += "{\"eventID\":\"\(identifier)\",".utf8
        output += record.record
        output += ",\"SequenceNumber\":\"\(SequenceNumber.text(record.number))\"}}".utf8
    }
}

/// Sequence numbers of stream records: decimal texts of 21 digits, as DynamoDB's are of 21 to 40.
enum SequenceNumber {
    private static let prefix = "10"
    private static let digits = 19

    /// The text of a record's number, which is not negative.
    static func text(_ number: Int64) -> String {
        let text = String(number)
        return prefix + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The number of a text; nil when it is none of ours.
    static func number(_ text: String) -> Int64? {
        guard text.utf8.count == prefix.utf8.count + digits, text.hasPrefix(prefix) else { return nil }
        let digits = text.dropFirst(prefix.count)
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(digits)
    }
}
