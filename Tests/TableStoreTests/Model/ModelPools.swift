/// Values that keys and other attributes are taken from: few, so that items meet, and at the edges of what there is.
enum ModelPools {
    static let numbers: [ModelNumber] = [
        "0", "1", "-1", "2", "10", "-10", "1.5", "-1.5", "9", "99", "100", "-100", "0.001", "-0.001", "1e-130",
        "-1e-130",
        "9.9999999999999999999999999999999999999e125", "-9.9999999999999999999999999999999999999e125",
        "12345678901234567890123456789012345678", "12345678901234567890123456789012345679", "0.1", "-20", "255", "256",
    ].compactMap { ModelNumber($0) }

    static let strings: [[UInt8]] = [
        "a", "b", "ab", "abc", "B", "\u{0}", "a\u{0}", "\u{E9}", "e\u{301}", "\u{FFFD}", "\u{10000}", "\u{10FFFF}",
        "\u{7F}",
        "\u{80}", "1", "10", "9", "a\"b\\c/\n", "aa", "abcd",
    ].map { Array($0.utf8) }

    static let binaries: [[UInt8]] = [
        [1], [0], [0xFF], [0x7F], [0x80], [0, 0], [0xFF, 0xFF], [0xFF, 0], [1, 2], [1, 2, 3], [1, 0xFF], [0, 0xFF], [2],
        [0x41], [0xC3, 0xA9],
    ]
}

extension ModelPools {
    /// Operations and members of requests that are refused; `KEY` stands for a key of the table.
    static let broken: [(operation: String, members: String)] = [
        ("GetItem", ##""Key":KEY,"ProjectionExpression":"alpha, alpha""##),
        ("GetItem", ##""Key":KEY,"ProjectionExpression":"#missing""##),
        ("GetItem", ##""Key":KEY,"ProjectionExpression":"alpha","ExpressionAttributeNames":{"#unused":"x"}"##),
        ("GetItem", ##""Key":KEY,"ProjectionExpression":"status""##),
        ("PutItem", ##""Item":{"alpha":{"S":"no key"}}"##),
        ("PutItem", ##""Item":{"pk":{"S":"a"},"sk":{"NS":["1"]},"alpha":{"N":"1e999"}}"##),
        ("PutItem", ##""Item":{"pk":{"S":"a"},"alpha":{"SS":[]}}"##),
        ("PutItem", ##""Item":{"pk":{"S":"a"},"alpha":{"NS":["1","1.0"]}}"##),
        ("PutItem", ##""Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_NEW""##),
        ("DeleteItem", ##""Key":KEY,"ReturnValues":"UPDATED_OLD""##),
        ("DeleteItem", ##""Key":KEY,"ConditionExpression":"alpha = :missing""##),
        ("DeleteItem", ##""Key":KEY,"ConditionExpression":"attribute_exists(alpha) AND""##),
        ("UpdateItem", update("SET pk = :v", #"":v":{"S":"b"}"#)),
        ("UpdateItem", ##""Key":KEY,"UpdateExpression":"REMOVE alpha, alpha""##),
        ("UpdateItem", ##""Key":KEY,"UpdateExpression":"REMOVE doc, doc.x""##),
        ("UpdateItem", update("ADD alpha :v", #"":v":{"S":"b"}"#)),
        ("UpdateItem", update("ADD alpha :v", #"":v":{"N":"1"},":unused":{"N":"1"}"#)),
        ("UpdateItem", update("SET alpha = alpha + :v", #"":v":{"S":"b"}"#)),
        ("Query", query("sk = :v", #"{"S":"b"}"#)),
        ("Query", query("pk > :v", #"{"S":"b"}"#)),
        ("Query", query("pk = :v", #"{"BOOL":true}"#)),
        ("Scan", ##""Segment":3,"TotalSegments":3"##),
        ("Scan", ##""Limit":0"##),
        ("Scan", ##""IndexName":"none""##),
    ]

    private static func update(_ expression: String, _ values: String) -> String {
        #""Key":KEY,"UpdateExpression":"\#(expression)","ExpressionAttributeValues":{\#(values)}"#
    }

    private static func query(_ expression: String, _ value: String) -> String {
        #""KeyConditionExpression":"\#(expression)","ExpressionAttributeValues":{":v":\#(value)}"#
    }
}
