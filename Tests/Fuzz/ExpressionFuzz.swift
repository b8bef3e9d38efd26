// Expressions of every kind on one item: whatever they are, nothing crashes, and what an update makes is an item that
// can be stored.

@testable import DynamoDB

/// libFuzzer's entry point.
///
/// The first line is an expression; what follows it, if anything, stands for ExpressionAttributeValues.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExpressions(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    // In a request it is a string of JSON, so that it is UTF-8.
    guard let text = lines.first.map(Array.init), String(validating: text, as: UTF8.self) != nil else { return 0 }
    let values = lines.count > 1 ? Array(lines[1]) : Fixed.values
    guard let attributes = Fixed.attributes(values) else { return 0 }

    attempt { () throws(ExpressionError) in
        var used = attributes
        let condition = try Condition(parsing: text, attributes: &used)
        _ = condition.evaluate(Fixed.item)
        _ = condition.evaluate(Item())
        _ = condition.attributes
        try used.checkAllUsed()
    }
    attempt { () throws(ExpressionError) in
        var used = attributes
        let condition = try Condition(parsing: text, as: .keyCondition, attributes: &used)
        let keyCondition = try KeyCondition(condition)
        for (name, keys) in Fixed.sortKeys {
            attempt { () throws(ExpressionError) in
                let schema = KeySchema(partitionKey: Fixed.partitionKey, sortKey: name)
                checkRange(try keyCondition.range(in: schema), of: condition, name.name, keys)
            }
        }
    }
    attempt { () throws(ExpressionError) in
        var used = attributes
        let update = try Update(parsing: text, attributes: &used)
        _ = (update.statementSize, update.attributes, update.writes, update.attributeNames)
        for item in [Fixed.item, Item()] {
            let new = try update.apply(to: item)
            checkItem(new)
            checkItem(new.projected(by: update.projection))
        }
    }
    attempt { () throws(ExpressionError) in
        var used = attributes
        let projection = try Projection(parsing: text, attributes: &used)
        _ = projection.attributes
        checkItem(Fixed.item.projected(by: projection))
    }
    return 0
}

private func attempt(_ body: () throws(ExpressionError) -> Void) {
    do throws(ExpressionError) { try body() } catch { precondition(!error.message.isEmpty, "no message") }
}

/// What is written is read again as the same, of the same size; an update leaves nothing deeper than DynamoDB allows.
private func checkItem(_ item: Item) {
    var json: [UInt8] = []
    item.append(to: &json)
    json.withUnsafeBytes { json in
        guard let read = try? Item(json: json), read == item, ItemSize.bytes(ofItem: json) == item.size else {
            fatalError("not the same when read again: \(String(decoding: json, as: UTF8.self))")
        }
    }
}

/// The keys in the range are those that the condition holds for.
private func checkRange(_ range: KeyRange, of condition: Condition, _ name: [UInt8], _ keys: [AttributeValue]) {
    var item: Item = ["p": range.partitionKey]
    for key in keys {
        item[name] = key
        guard let bytes = key.sortKey, range.sortKeys.contains(bytes) == condition.evaluate(item) else {
            fatalError("the condition and \(range) differ about \(key)")
        }
    }
}

private enum Fixed {
    static let partitionKey = KeySchema.Attribute(name: "p", type: .string)

    /// A sort key of each type, and values of it.
    static let sortKeys: [(KeySchema.Attribute, [AttributeValue])] = [
        (
            .init(name: "s", type: .number),
            values(#"[{"N":"-9.9E125"},{"N":"-1.5"},{"N":"-1E-130"},{"N":"0"},{"N":"0.99"},{"N":"1"},{"N":"10"}]"#)
        ),
        (
            .init(name: "t", type: .string),
            values(##"[{"S":"S"},{"S":"x"},{"S":"x\u0000"},{"S":"xy"},{"S":"y"},{"S":"\uffff"},{"S":"\ud83c\udfb5"}]"##)
        ),
        (
            .init(name: "u", type: .binary),
            values(#"[{"B":"AA=="},{"B":"AAA="},{"B":"AAE="},{"B":"AQ=="},{"B":"/w=="},{"B":"//8="}]"#)
        ),
    ]

    static let item = json(
        #"""
        {"p":{"S":"x"},"s":{"N":"-1.5"},"a":{"L":[{"N":"1"},{"S":"b"},{"L":[{"M":{"k":{"NULL":true}}}]}]},"b":{"B":"AAH/"},
        "m":{"M":{"a":{"N":"9E125"},"m":{"M":{"l":{"L":[]}}},"t":{"BOOL":true}}},"n":{"N":"1E-130"},"ss":{"SS":["x","y"]},
        "ns":{"NS":["1","2"]},"bs":{"BS":["AA==","AQ=="]},"e":{"S":""},"z":{"NULL":true},"f":{"BOOL":false}}
        """#
    )

    static let names = Array(##"{"#a":"a","#b":"b","#m":"m","#s":"s","#p":"p","#d":"x.y","#size":"size"}"##.utf8)

    static let values = Array(
        #"""
        {":a":{"N":"1"},":b":{"S":"x"},":c":{"B":"AA=="},":d":{"L":[{"N":"1"}]},":e":{"M":{"k":{"S":""}}},":f":{"SS":["x"]},
        ":g":{"NS":["1","3"]},":h":{"BS":["AA=="]},":i":{"BOOL":true},":j":{"NULL":true},":k":{"N":"-9.9E125"},":l":{"S":"S"}}
        """#.utf8
    )

    static func attributes(_ values: [UInt8]) -> ExpressionAttributes? {
        names.withUnsafeBytes { names in
            values.withUnsafeBytes { values in
                try? ExpressionAttributes(names: names, values: values)
            }
        }
    }

    private static func values(_ list: String) -> [AttributeValue] {
        guard case .list(let values)? = json(#"{"l":{"L":\#(list)}}"#)["l"] else { return [] }
        return values
    }

    private static func json(_ text: String) -> Item {
        Array(text.utf8).withUnsafeBytes { json in
            guard let item = try? Item(json: json) else { fatalError("the item can't be read") }
            return item
        }
    }
}
