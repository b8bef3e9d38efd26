import Testing

@testable import DynamoDB

@Suite struct RequestWriterTests {
    @Test func writesGetItem() throws {
        let (name, key) = (#"Mus\u0069c"#, #"{"id":{"N":"1"}}"#)
        var output: [UInt8] = []
        withBytes(name) { name in
            withBytes(key) { key in
                RequestWriter.appendGetItem(
                    tableName: name,
                    key: key,
                    consistentRead: true,
                    returnConsumedCapacity: .total,
                    to: &output
                )
            }
        }
        let text = String(decoding: output, as: UTF8.self)
        let request = try GetItemRequestTests.parse(text).get()
        #expect(request.isCacheable && request.consistentRead && request.returnConsumedCapacity == .total)
        #expect(slice(text, request.tableName) == name && slice(text, request.key) == key)
    }

    @Test func writesSomeOfABatch() throws {
        let body = ##"""
            {"RequestItems":{"A":{"Keys":[{"a":{"S":"x"}},{"a":{"S":"y"}}],"ProjectionExpression":"#y",
            "ExpressionAttributeNames":{"#y":"Year"},"ConsistentRead":true},"B":{"Keys":[{"b":{"S":"z"}}]},
            "C":{"Keys":[{"c":{"S":"z"}}],"AttributesToGet":["q"]}}}
            """##
        let request = try BatchGetItemRequestTests.parse(body).get()
        var (batch, unprocessed): ([UInt8], [UInt8]) = ([], [])
        func keys(_ table: BatchGetTable) -> [ByteRange] { request.keys[table.keys].map(\.range) }
        withBytes(body) { bytes in
            let parts = request.tables.map {
                RequestWriter.BatchGetPart(
                    tableName: $0.name,
                    keys: Array(keys($0).dropFirst($0.consistentRead ? 1 : 0)),
                    consistentRead: $0.consistentRead
                )
            }
            var some = parts
            some[1].keys = []
            RequestWriter.appendBatchGetItem(some, of: bytes, returnConsumedCapacity: .none, to: &batch)
            for index in [0, 2] {
                let table = request.tables[index]
                RequestWriter.appendUnprocessedKeys(
                    of: table,
                    in: bytes,
                    keys: keys(table),
                    in: bytes,
                    to: &unprocessed
                )
                if index == 0 { unprocessed.append(UInt8(ascii: ",")) }
            }
        }
        #expect(
            String(decoding: batch, as: UTF8.self)
                == #"{"RequestItems":{"A":{"Keys":[{"a":{"S":"y"}}],"ConsistentRead":true},"#
                + #""C":{"Keys":[{"c":{"S":"z"}}]}}}"#
        )
        #expect(
            String(decoding: unprocessed, as: UTF8.self) == #""A":{"Keys":[{"a":{"S":"x"}},{"a":{"S":"y"}}],"#
                + ##""ProjectionExpression":"#y","ExpressionAttributeNames":{"#y":"Year"},"ConsistentRead":true},"##
                + #""C":{"Keys":[{"c":{"S":"z"}}],"AttributesToGet":["q"]}"#
        )
    }

    @Test func replacesAString() throws {
        let body = #"{"TransactItems":[], "ClientRequestToken": "a\"b" ,"X":1}"#
        let replaced = try withBytes(body) { bytes in
            let found = try TouchedResources.of(.transactWriteItems, body: bytes)
            let token = try #require(found.clientRequestToken)
            #expect(slice(body, token.range) == #"a\"b"# && !token.isPlain)
            return RequestWriter.replacing(token.range, of: bytes, with: "new\\".utf8)
        }
        #expect(
            String(decoding: replaced, as: UTF8.self)
                == #"{"TransactItems":[], "ClientRequestToken": "new\\" ,"X":1}"#
        )
    }
}
