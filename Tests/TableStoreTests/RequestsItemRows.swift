extension RequestsConstraintTests {
    static let items: [Row] = [
        Row(
            "PutItem",
            "{}",
            [
                "null at 'tableName'",
                "null at 'item'",
            ]
        ),
        Row("PutItem", #"{"Item":{}}"#, "null at 'tableName'"),
        Row("PutItem", #"{"TableName":"","Item":{}}"#, unnamed),
        Row("PutItem", #"{"TableName":"","Item":{},"ReturnValues":"INVALID"}"#, unnamed),
        Row(
            "PutItem",
            #"{"TableName":"a;"}"#,
            [
                pattern("a;", "tableName"),
                short("a;", "tableName", 3),
                "null at 'item'",
            ]
        ),
        Row("PutItem", #"{"TableName":"ab","Item":{}}"#, short("ab", "tableName", 3)),
        Row("PutItem", #"{"TableName":"\#(name)","Item":{}}"#, long(name, "tableName", 255)),
        Row("PutItem", #"{"TableName":"bad table!@#","Item":{}}"#, pattern("bad table!@#", "tableName")),
        Row(
            "PutItem",
            #"{"TableName":"abc;","ReturnConsumedCapacity":"hi","ReturnItemCollectionMetrics":"hi","ReturnValues":"hi"}"#,
            [
                returned("hi"),
                capacity("hi"),
                metrics("hi"),
                pattern("abc;", "tableName"),
                "null at 'item'",
            ]
        ),
        Row(
            "PutItem",
            #"{"TableName":"abc","Item":{},"Expected":{"b":{"ComparisonOperator":"X"}},"ConditionalOperator":"X"}"#,
            [
                values("X", "expected.b.member.comparisonOperator", operators),
                "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]",
            ]
        ),
        Row(
            "PutItem",
            #"{"TableName":"abc","Item":{},"ReturnValuesOnConditionCheckFailure":"X"}"#,
            values("X", "returnValuesOnConditionCheckFailure", "ALL_OLD, NONE")
        ),
        Row("PutItem", #"{"TableName":"abc","Item":{},"Expected":{"b":null}}"#, "null at 'expected.b.member'"),
        Row(
            "GetItem",
            "{}",
            [
                "null at 'key'",
                "null at 'tableName'",
            ]
        ),
        Row("GetItem", #"{"TableName":""}"#, short("", "tableName", 1)),
        Row(
            "GetItem",
            #"{"TableName":"a;"}"#,
            [
                "null at 'key'",
                pattern("a;", "tableName"),
                short("a;", "tableName", 3),
            ]
        ),
        Row(
            "GetItem",
            #"{"TableName":"\#(name)"}"#,
            [
                "null at 'key'",
                long(name, "tableName", 255),
            ]
        ),
        Row(
            "GetItem",
            #"{"TableName":"abc;","ReturnConsumedCapacity":"hi","AttributesToGet":[]}"#,
            [
                short("[]", "attributesToGet", 1),
                capacity("hi"),
                "null at 'key'",
                pattern("abc;", "tableName"),
            ]
        ),
        Row("GetItem", #"{"TableName":"abc","Key":{},"AttributesToGet":[null]}"#, "null at 'attributesToGet.1.member'"),
        Row(
            "DeleteItem",
            "{}",
            [
                "null at 'tableName'",
                "null at 'key'",
            ]
        ),
        Row("DeleteItem", #"{"TableName":"","Key":{}}"#, unnamed),
        Row(
            "DeleteItem",
            #"{"TableName":"abc","Key":{},"ReturnValues":"INVALID","ReturnConsumedCapacity":"INVALID"}"#,
            [
                capacity("INVALID"),
                unreturned,
            ]
        ),
        Row(
            "DeleteItem",
            #"{"TableName":"abc;","ReturnConsumedCapacity":"hi","ReturnItemCollectionMetrics":"hi","ReturnValues":"hi"}"#,
            [
                returned("hi"),
                capacity("hi"),
                metrics("hi"),
                pattern("abc;", "tableName"),
                "null at 'key'",
            ]
        ),
        Row(
            "UpdateItem",
            "{}",
            [
                "null at 'tableName'",
                "null at 'key'",
            ]
        ),
        Row("UpdateItem", #"{"TableName":"","Key":{}}"#, unnamed),
        Row(
            "UpdateItem",
            #"{"TableName":"a;"}"#,
            [
                pattern("a;", "tableName"),
                short("a;", "tableName", 3),
                "null at 'key'",
            ]
        ),
        Row(
            "UpdateItem",
            #"{"TableName":"\#(name)"}"#,
            [
                long(name, "tableName", 255),
                "null at 'key'",
            ]
        ),
        Row(
            "UpdateItem",
            #"{"TableName":"abc;","ReturnConsumedCapacity":"hi","ReturnItemCollectionMetrics":"hi","ReturnValues":"hi"}"#,
            [
                capacity("hi"),
                pattern("abc;", "tableName"),
                metrics("hi"),
                returned("hi"),
                "null at 'key'",
            ]
        ),
        Row(
            "UpdateItem",
            #"{"TableName":"abc","Key":{},"ReturnConsumedCapacity":"INVALID","ReturnValues":"INVALID"}"#,
            "1 validation error detected: " + unreturned
        ),
        Row(
            "UpdateItem",
            #"{"TableName":"abc","Key":{},"AttributeUpdates":{"a":{"Action":"X"}}}"#,
            values("X", "attributeUpdates.a.member.action", "PUT, DELETE, ADD")
        ),
        Row("Query", "{}", "null at 'tableName'"),
        Row("Query", #"{"TableName":""}"#, short("", "tableName", 1)),
        Row(
            "Query",
            #"{"TableName":"a;"}"#,
            [
                pattern("a;", "tableName"),
                short("a;", "tableName", 3),
            ]
        ),
        Row("Query", #"{"TableName":"\#(name)"}"#, long(name, "tableName", 255)),
        Row(
            "Query",
            #"{"TableName":"abc","IndexName":""}"#,
            [
                pattern("", "indexName"),
                short("", "indexName", 3),
            ]
        ),
        Row(
            "Query",
            #"{"TableName":"abc","IndexName":"a;"}"#,
            [
                pattern("a;", "indexName"),
                short("a;", "indexName", 3),
            ]
        ),
        Row("Query", #"{"TableName":"abc","IndexName":"\#(name)"}"#, long(name, "indexName", 255)),
        Row("Query", #"{"TableName":"abc","Select":"X"}"#, values("X", "select", selections)),
        Row(
            "Query",
            #"{"TableName":"abc","Limit":0}"#,
            "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        Row(
            "Query",
            #"""
            {"TableName":"abc;","ReturnConsumedCapacity":"hi","AttributesToGet":[],"IndexName":"abc;","Select":"hi",
             "Limit":-1,"KeyConditions":{"a":{},"b":{"ComparisonOperator":""}},"ConditionalOperator":"AN",
             "QueryFilter":{"a":{},"b":{"ComparisonOperator":""}}}
            """#,
            [
                values("hi", "select", selections),
                pattern("abc;", "indexName"),
                capacity("hi"),
                "null at 'queryFilter.a.member.comparisonOperator'",
                values("", "queryFilter.b.member.comparisonOperator", operators),
                pattern("abc;", "tableName"),
                values("AN", "conditionalOperator", "OR, AND"),
                short("[]", "attributesToGet", 1),
                low("-1", "limit", 1),
                "null at 'keyConditions.a.member.comparisonOperator'",
            ]
        ),
        Row("Scan", "{}", "null at 'tableName'"),
        Row("Scan", #"{"TableName":"abc","Limit":0}"#, low("0", "limit", 1)),
        Row("Scan", #"{"TableName":"abc","Limit":-1e99}"#, low("-2147483648", "limit", 1)),
        Row("Scan", #"{"TableName":"abc","Segment":-1,"TotalSegments":4}"#, low("-1", "segment", 0)),
        Row("Scan", #"{"TableName":"abc","Segment":1000000}"#, high("1000000", "segment", 999_999)),
        Row("Scan", #"{"TableName":"abc","TotalSegments":1000001}"#, high("1000001", "totalSegments", 1_000_000)),
        Row(
            "Scan",
            #"""
            {"TableName":"abc;","ReturnConsumedCapacity":"hi","AttributesToGet":[],"IndexName":"abc;","Segment":-1,
             "TotalSegments":-1,"Select":"hi","Limit":-1,"ScanFilter":{"a":{},"b":{"ComparisonOperator":""}},
             "ConditionalOperator":"AN","ExpressionAttributeNames":{},"ProjectionExpression":""}
            """#,
            [
                values("hi", "select", selections),
                pattern("abc;", "indexName"),
                low("-1", "totalSegments", 1),
                capacity("hi"),
                pattern("abc;", "tableName"),
                values("AN", "conditionalOperator", "OR, AND"),
                "null at 'scanFilter.a.member.comparisonOperator'",
                values("", "scanFilter.b.member.comparisonOperator", operators),
                low("-1", "segment", 0),
                low("-1", "limit", 1),
            ]
        ),
    ]

    static let batches: [Row] = [
        Row("BatchGetItem", "{}", "null at 'requestItems'"),
        Row(
            "BatchGetItem",
            #"{"ReturnConsumedCapacity":"hi"}"#,
            [
                "null at 'requestItems'",
                capacity("hi"),
            ]
        ),
        Row(
            "BatchGetItem",
            #"{"RequestItems":{},"ReturnConsumedCapacity":"hi"}"#,
            "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
                + "Member must have length greater than or equal to 1"
        ),
        Row(
            "BatchGetItem",
            #"{"RequestItems":{"a":{}},"ReturnConsumedCapacity":"hi"}"#,
            [
                #"Value '{"a":{}}' at 'requestItems' \#(keys)"#,
                "null at 'requestItems.a.member.keys'",
                capacity("hi"),
            ]
        ),
        Row(
            "BatchGetItem",
            #"{"RequestItems":{"aa;":{"Keys":[]}}}"#,
            [
                #"Value '{"aa;":{"Keys":[]}}' at 'requestItems' \#(keys)"#,
                short("[]", "requestItems.aa;.member.keys", 1),
            ]
        ),
        Row(
            "BatchGetItem",
            #"{"RequestItems":{"abc":{"Keys":[\#(hundredOne)]}}}"#,
            "Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: "
                + "Member must have length less than or equal to 100"
        ),
        Row(
            "BatchGetItem",
            #"{"RequestItems":{"abc":{"Keys":[null]}}}"#,
            "null at 'requestItems.abc.member.keys.1.member'"
        ),
        Row("BatchGetItem", #"{"RequestItems":{"abc":null}}"#, "null at 'requestItems.abc.member'"),
        Row("BatchWriteItem", "{}", "null at 'requestItems'"),
        Row(
            "BatchWriteItem",
            #"{"ReturnConsumedCapacity":"hi","ReturnItemCollectionMetrics":"hi"}"#,
            [
                capacity("hi"),
                metrics("hi"),
                "null at 'requestItems'",
            ]
        ),
        Row("BatchWriteItem", #"{"RequestItems":{}}"#, "The requestItems parameter is required for BatchWriteItem"),
        Row(
            "BatchWriteItem",
            #"{"RequestItems":{"a":[]}}"#,
            [
                "Value '{a=[]}' at 'requestItems' \(keys)",
                "Value '{a=[]}' at 'requestItems' \(counts)",
            ]
        ),
        Row(
            "BatchWriteItem",
            #"{"RequestItems":{"a":[]},"ReturnConsumedCapacity":"hi","ReturnItemCollectionMetrics":"hi"}"#,
            [
                capacity("hi"),
                metrics("hi"),
            ]
        ),
        Row(
            "BatchWriteItem",
            #"{"RequestItems":{"aa;":[{"PutRequest":{},"DeleteRequest":{}}]}}"#,
            [
                "Value '{aa;=[WriteRequest(putRequest=PutRequest(item=null), deleteRequest=DeleteRequest(key=null))]}' "
                    + "at 'requestItems' \(keys)",
                "null at 'requestItems.aa;.member.1.member.putRequest.item'",
                "null at 'requestItems.aa;.member.1.member.deleteRequest.key'",
            ]
        ),
        Row("TransactGetItems", "{}", "null at 'transactItems'"),
        Row("TransactGetItems", #"{"TransactItems":[]}"#, short("[]", "transactItems", 1)),
        Row("TransactGetItems", #"{"TransactItems":[{}]}"#, "null at 'transactItems.1.member.get'"),
        Row(
            "TransactGetItems",
            #"{"TransactItems":[{"Get":{}}]}"#,
            [
                "null at 'transactItems.1.member.get.key'",
                "null at 'transactItems.1.member.get.tableName'",
            ]
        ),
        Row("TransactWriteItems", "{}", "null at 'transactItems'"),
        Row("TransactWriteItems", #"{"TransactItems":[]}"#, short("[]", "transactItems", 1)),
        Row("TransactWriteItems", #"{"TransactItems":[null]}"#, "null at 'transactItems.1.member'"),
        Row(
            "TransactWriteItems",
            #"{"TransactItems":[{"Update":{"Key":{},"TableName":"a;"}}],"ClientRequestToken":""}"#,
            [
                short("", "clientRequestToken", 1),
                "null at 'transactItems.1.member.update.updateExpression'",
                pattern("a;", "transactItems.1.member.update.tableName"),
                short("a;", "transactItems.1.member.update.tableName", 3),
            ]
        ),
        Row(
            "TransactWriteItems",
            #"{"TransactItems":[{},{"ConditionCheck":{"TableName":"abc"}}],"ClientRequestToken":"\#(String(name.prefix(37)))"}"#,
            [
                long(String(name.prefix(37)), "clientRequestToken", 36),
                "null at 'transactItems.2.member.conditionCheck.key'",
                "null at 'transactItems.2.member.conditionCheck.conditionExpression'",
            ]
        ),
    ]
}
