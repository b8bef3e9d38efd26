import Testing

@testable import DynamoDB

@Suite struct GetItemRequestTests {
    static func parse(_ text: String) -> Result<GetItemRequest, RequestError> {
        withBytes(text) { bytes in
            do throws(RequestError) {
                return .success(try GetItemRequest.parse(bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func findsItsMembers() throws {
        let text = #"""
            {"TableName": "Music", "Key": {"Artist": {"S": "B"}, "SongTitle": {"S": "01"}}, "ConsistentRead": true,
             "ReturnConsumedCapacity": "TOTAL", "ProjectionExpression": "#a, b", "ExpressionAttributeNames": {"#a": "Year"}}
            """#
        let request = try Self.parse(text).get()
        #expect(slice(text, request.tableName) == "Music" && request.tableNameIsPlain)
        #expect(slice(text, request.key) == #"{"Artist": {"S": "B"}, "SongTitle": {"S": "01"}}"#)
        #expect(request.consistentRead)
        #expect(request.returnConsumedCapacity == .total)
        #expect(request.projectionExpression.map { slice(text, $0) } == "#a, b")
        #expect(request.expressionAttributeNames.map { slice(text, $0) } == ##"{"#a": "Year"}"##)
        #expect(request.attributesToGet == nil)
        #expect(request.isCacheable)
    }

    @Test func findsEscapedMembers() throws {
        let text = #"{"Tabl\u0065Name":"Mus\u0069c","\u004bey":{"id":{"N":"1"}},"Attributes\u0054oGet":["a"]}"#
        let request = try Self.parse(text).get()
        #expect(slice(text, request.tableName) == #"Mus\u0069c"# && !request.tableNameIsPlain)
        #expect(slice(text, request.key) == #"{"id":{"N":"1"}}"#)
        #expect(request.attributesToGet.map { slice(text, $0) } == #"["a"]"#)
        #expect(request.isCacheable)
    }

    @Test(arguments: [
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"Unknown":1}"#,
        #"{"tableName":"T","Key":{"id":{"N":"1"}}}"#,
        #"{"TableName":null,"Key":{"id":{"N":"1"}}}"#,
        #"{"TableName":"T","Key":null}"#,
        #"{"TableName":"T"}"#,
        #"{"Key":{"id":{"N":"1"}}}"#,
        #"{"TableName":"","Key":{"id":{"N":"1"}}}"#,
        #"{}"#,
        #"{"TableName":"T","Key":{}}"#,
        #"{"TableName":"T","Key":{"id":{}}}"#,
        #"{"TableName":"T","Key":{"id":null}}"#,
        #"{"TableName":"T","Key":{"id":{"S":null}}}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1","S":"1"}}}"#,
        #"{"TableName":"T","Key":{"id":{"BOOL":true}}}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1","X":{"y":[]}}}}"#,
        #"{"TableName":"T","Key":{"a":{"N":"1"},"b":{"N":"1"},"c":{"N":"1"}}}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"ConsistentRead":null}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"ReturnConsumedCapacity":"total"}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"ReturnConsumedCapacity":null}"#,
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"AttributesToGet":["a"],"ProjectionExpression":"a"}"#,
        ##"{"TableName":"T","Key":{"id":{"N":"1"}},"AttributesToGet":["a"],"ExpressionAttributeNames":{"#a":"a"}}"##,
        ##"{"TableName":"T","Key":{"id":{"N":"1"}},"ExpressionAttributeNames":{"#a":"a"}}"##,
        #"{"TableName":"T","Key":{"id":{"N":"1"}},"AttributesToGet":[null]}"#,
        ##"{"TableName":"T","Key":{"id":{"N":"1"}},"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":null}}"##,
    ])
    func leavesTheUnusualToUpstream(_ text: String) throws {
        #expect(try !Self.parse(text).get().isCacheable)
    }

    @Test(arguments: [
        #"{"TableName":"Mine","Tabl\u0065Name":"Theirs","Key":{"a":{"S":"1"}}}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1"}},"Key":{"a":{"S":"2"}}}"#,
        #"{"TableName":"T","TableName":null,"Key":{"a":{"S":"1"}}}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1"},"\u0061":{"S":"2"}}}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1"},"b":{"S":"1"},"c":{"S":"1"},"b":{"S":"2"}}}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1","S":"2"}}}"#,
        #"{"TableName":"T","Key":{"a":{"M":{"x":{"S":"1"},"x":{"S":"1"}}}}}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1"}},"X":1,"\u0058":2}"#,
        #"{"TableName":"T","Key":{"a":{"S":"1"}},"X":{"y":1,"y":2}}"#,
        ##"{"TableName":"T","Key":{"a":{"S":"1"}},"ExpressionAttributeNames":{"#a":"x","#\u0061":"y"}}"##,
    ])
    func refusesDuplicateNames(_ text: String) {
        #expect(throws: RequestError.duplicateMember) { try Self.parse(text).get() }
    }

    @Test func refusesDuplicatesAmongManyNames() throws {
        for count in [7, 8, 9, 30] {
            let names = (0..<count).map { ##""#n\##($0)":"a\##($0)""## }.joined(separator: ",")
            let start =
                #"{"TableName":"T","Key":{"a":{"S":"1"}},"ProjectionExpression":"x","ExpressionAttributeNames":{"#
            #expect(try Self.parse(start + names + "}}").get().isCacheable)
            for index in [0, count - 1] {
                let again = ##","#\u006e\##(index)":"b"}}"##
                #expect(throws: RequestError.duplicateMember) { try Self.parse(start + names + again).get() }
            }
        }
    }

    @Test(arguments: [
        ("TableName", "1", "NUMBER_VALUE cannot be converted to String"),
        ("TableName", "{}", "Start of structure or map found where not expected"),
        ("ConsistentRead", #""true""#, "Unexpected token received from parser"),
        ("ConsistentRead", "1", "NUMBER_VALUE cannot be converted to Boolean"),
        ("ReturnConsumedCapacity", "true", "TRUE_VALUE cannot be converted to String"),
        ("ProjectionExpression", "[]", "Unrecognized collection type class java.lang.String"),
        ("Key", #""x""#, "Unexpected field type"),
        (
            "Key", "[]",
            "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
        ),
        ("Key", #"{"id":"x"}"#, "Unexpected value type in payload"),
        ("Key", #"{"id":[]}"#, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
        ("Key", #"{"id":{"N":1}}"#, "NUMBER_VALUE cannot be converted to String"),
        ("Key", #"{"id":{"B":1}}"#, "only base-64-encoded strings are convertible to bytes"),
        (
            "ExpressionAttributeNames", "[]",
            "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"
        ),
        ("ExpressionAttributeNames", ##"{"#a":1.5}"##, "DECIMAL_VALUE cannot be converted to String"),
        ("AttributesToGet", #""a""#, "Unexpected field type"),
        ("AttributesToGet", "[false]", "FALSE_VALUE cannot be converted to String"),
    ])
    func refusesWrongTypesInDynamoDBsWords(_ member: String, _ value: String, _ message: String) {
        #expect(throws: RequestError.wrongType(message: message)) {
            try Self.parse(#"{"\#(member)":\#(value)}"#).get()
        }
    }

    @Test(arguments: [
        "", "[]", "null", "\"x\"", "{", #"{"TableName":"#, #"{"TableName":"T"} x"#, #"{"TableName":"T"}{}"#,
        #"{"TableName":"T","Key":{"id":{"S":"\ud800"}}}"#, #"{"TableName":"T","Key":{"id":{"S":"x"}},}"#,
    ])
    func refusesMalformedBodies(_ text: String) {
        #expect(throws: RequestError.malformedJSON) { try Self.parse(text).get() }
    }

    @Test func doesNotAllocate() throws {
        let texts = [
            #"{"TableName": "Music", "Key": {"Artist": {"S": "No One You Know"}, "Year": {"N": "1999"}}}"#,
            ##"{"ReturnConsumedCapacity":"INDEXES","ExpressionAttributeNames":{"#a":"\u0041","#b":"B"},"ProjectionExpression":"##
                + ##""#a,#b","Key":{"Artist":{"S":"\u00e9"},"Bin":{"B":"AAH+"}},"Tabl\u0065Name":"Music","ConsistentRead":true}"##,
        ]
        let key = KeyBuffer()
        for text in texts {
            try withBytes(text) { bytes in
                var isWhole = true
                let allocations = try warmAllocations {
                    let request = try GetItemRequest.parse(bytes)
                    key.removeAll()
                    isWhole =
                        request.isCacheable && isWhole
                        && ItemKey.appendCanonical(keyObject: request.key.slice(of: bytes), to: key)
                }
                #expect(isWhole)
                #expect(allocations == 0)
            }
        }
    }

    /// Bodies cut short or with a byte changed never crash, and are never read past their end.
    @Test func survivesDamage() {
        let text = #"{"TableName":"Music","Key":{"a":{"S":"\ud83c\udfb5é"},"b":{"B":"AAH+"}},"ConsistentRead":false}"#
        let whole = Array(text.utf8)
        var random = SeededGenerator(state: 9)
        var refused = 0
        for round in 0..<3000 {
            var bytes = whole
            if round < whole.count {
                bytes.removeLast(whole.count - round)
            } else {
                bytes[Int.random(in: 0..<whole.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { body in
                do {
                    let request = try GetItemRequest.parse(body)
                    #expect(request.key.end <= body.count && request.tableName.end <= body.count)
                    _ = ItemKey.appendCanonical(keyObject: request.key.slice(of: body), to: KeyBuffer())
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > whole.count)
    }
}
