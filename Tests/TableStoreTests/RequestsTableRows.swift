extension RequestsConstraintTests {
    static let tables: [Row] =
        [
            Row("CreateTable", "{}", demanded),
            Row("CreateTable", #"{"TableName":""}"#, short("", "tableName", 1)),
            Row(
                "CreateTable",
                #"""
                {"TableName":"ab","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
                 "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}
                """#,
                [
                    short("ab", "tableName", 3)
                ]
            ),
            Row(
                "CreateTable",
                #"{"TableName":"abc;"}"#,
                [
                    "null at 'attributeDefinitions'",
                    pattern("abc;", "tableName"),
                    "null at 'keySchema'",
                ]
            ),
            Row("CreateTable", #"{"TableName":"abc","AttributeDefinitions":[]}"#, "null at 'keySchema'"),
            Row(
                "CreateTable",
                #"{"TableName":"abc","AttributeDefinitions":[],"ProvisionedThroughput":{},"BillingMode":"PAY_PER_REQUEST"}"#,
                [
                    "null at 'provisionedThroughput.writeCapacityUnits'",
                    "null at 'provisionedThroughput.readCapacityUnits'",
                    "null at 'keySchema'",
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[],"KeySchema":[],"BillingMode":"A",
                 "ProvisionedThroughput":{"ReadCapacityUnits":-1,"WriteCapacityUnits":-1}}
                """#,
                [
                    values("A", "billingMode", "PROVISIONED, PAY_PER_REQUEST"),
                    low("-1", "provisionedThroughput.writeCapacityUnits", 1),
                    low("-1", "provisionedThroughput.readCapacityUnits", 1),
                    short("[]", "keySchema", 1),
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"KeyType":"HASH"},{"AttributeName":"a"},
                 {"KeyType":"Woop","AttributeName":"a"}],
                 "ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1000000000001}}
                """#,
                [
                    long(
                        "[KeySchemaElement(attributeName=null, keyType=HASH), KeySchemaElement(attributeName=a, keyType=null), "
                            + "KeySchemaElement(attributeName=a, keyType=Woop)]",
                        "keySchema",
                        2
                    ),
                    "null at 'keySchema.1.member.attributeName'",
                    "null at 'keySchema.2.member.keyType'",
                    values("Woop", "keySchema.3.member.keyType", "HASH, RANGE"),
                ]
            ),
            Row(
                "CreateTable",
                #"{"TableName":"abc","AttributeDefinitions":[{}],"KeySchema":[{"KeyType":"HASH","AttributeName":"a"}]}"#,
                [
                    "null at 'attributeDefinitions.1.member.attributeName'",
                    "null at 'attributeDefinitions.1.member.attributeType'",
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[{"AttributeName":"b","AttributeType":"SS"}],
                 "KeySchema":[{"KeyType":"HASH","AttributeName":"a"}]}
                """#,
                [
                    values("SS", "attributeDefinitions.1.member.attributeType", "B, N, S")
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"KeyType":"HASH","AttributeName":"a"}],
                 "LocalSecondaryIndexes":[{},{},{},{},{}]}
                """#,
                [
                    "null at 'localSecondaryIndexes.1.member.indexName'",
                    "null at 'localSecondaryIndexes.1.member.keySchema'",
                    "null at 'localSecondaryIndexes.1.member.projection'",
                    "null at 'localSecondaryIndexes.2.member.indexName'",
                    "null at 'localSecondaryIndexes.2.member.keySchema'",
                    "null at 'localSecondaryIndexes.2.member.projection'",
                    "null at 'localSecondaryIndexes.3.member.indexName'",
                    "null at 'localSecondaryIndexes.3.member.keySchema'",
                    "null at 'localSecondaryIndexes.3.member.projection'",
                    "null at 'localSecondaryIndexes.4.member.indexName'",
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"KeyType":"HASH","AttributeName":"a"}],
                 "LocalSecondaryIndexes":[{"IndexName":"h;","KeySchema":[],"Projection":{}},
                  {"IndexName":"\#(name)","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
                   "Projection":{"NonKeyAttributes":[],"ProjectionType":"abc"}}]}
                """#,
                [
                    pattern("h;", "localSecondaryIndexes.1.member.indexName"),
                    short("h;", "localSecondaryIndexes.1.member.indexName", 3),
                    short("[]", "localSecondaryIndexes.1.member.keySchema", 1),
                    long(name, "localSecondaryIndexes.2.member.indexName", 255),
                    values(
                        "abc",
                        "localSecondaryIndexes.2.member.projection.projectionType",
                        "ALL, INCLUDE, KEYS_ONLY"
                    ),
                    short("[]", "localSecondaryIndexes.2.member.projection.nonKeyAttributes", 1),
                ]
            ),
            Row(
                "CreateTable",
                #"""
                {"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"KeyType":"HASH","AttributeName":"a"}],
                 "GlobalSecondaryIndexes":[{"IndexName":"abc","KeySchema":[],"Projection":{},
                  "ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0}}],"TableClass":"X",
                 "Tags":[{"Key":"","Value":""}]}
                """#,
                [
                    low("0", "globalSecondaryIndexes.1.member.provisionedThroughput.writeCapacityUnits", 1),
                    low("0", "globalSecondaryIndexes.1.member.provisionedThroughput.readCapacityUnits", 1),
                    short("[]", "globalSecondaryIndexes.1.member.keySchema", 1),
                ]
            ),
            Row("UpdateTable", "{}", demanded),
            Row("UpdateTable", #"{"TableName":""}"#, sentence),
            Row("UpdateTable", #"{"TableName":"a;"}"#, sentence),
            Row("UpdateTable", #"{"TableName":"\#(name)"}"#, sentence),
            Row("UpdateTable", #"{"TableName":"abc;"}"#, pattern("abc;", "tableName")),
            Row(
                "UpdateTable",
                #"{"TableName":"abc","ProvisionedThroughput":{}}"#,
                [
                    "null at 'provisionedThroughput.writeCapacityUnits'",
                    "null at 'provisionedThroughput.readCapacityUnits'",
                ]
            ),
            Row(
                "UpdateTable",
                #"{"TableName":"abc","ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":-1}}"#,
                low("-1", "provisionedThroughput.writeCapacityUnits", 1)
            ),
            Row(
                "UpdateTable",
                #"{"TableName":"abc","GlobalSecondaryIndexUpdates":[{"Update":{}}]}"#,
                "null at 'globalSecondaryIndexUpdates.1.member.update.indexName'"
            ),
            Row(
                "UpdateTable",
                #"""
                {"TableName":"abc","GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"a","ProvisionedThroughput":{}}},
                 {"Update":{"IndexName":"abc;","ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":0}}}]}
                """#,
                [
                    short("a", "globalSecondaryIndexUpdates.1.member.update.indexName", 3),
                    "null at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.writeCapacityUnits'",
                    "null at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.readCapacityUnits'",
                    pattern("abc;", "globalSecondaryIndexUpdates.2.member.update.indexName"),
                    low("0", "globalSecondaryIndexUpdates.2.member.update.provisionedThroughput.writeCapacityUnits", 1),
                ]
            ),
            Row(
                "UpdateTable",
                #"{"TableName":"abc","GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"abc"}},{"Delete":{}}]}"#,
                [
                    "null at 'globalSecondaryIndexUpdates.1.member.create.keySchema'",
                    "null at 'globalSecondaryIndexUpdates.1.member.create.projection'",
                    "null at 'globalSecondaryIndexUpdates.2.member.delete.indexName'",
                ]
            ),
            Row("UpdateTable", #"{"TableName":"abc","ReplicaUpdates":[]}"#, short("[]", "replicaUpdates", 1)),
            Row(
                "UpdateTable",
                #"{"TableName":"abc","StreamSpecification":{"StreamViewType":"X"}}"#,
                [
                    "null at 'streamSpecification.streamEnabled'",
                    values(
                        "X",
                        "streamSpecification.streamViewType",
                        "OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE"
                    ),
                ]
            ),
            Row("ListTables", #"{"Limit":0}"#, low("0", "limit", 1)),
            Row("ListTables", #"{"Limit":101}"#, high("101", "limit", 100)),
            Row(
                "ListTables",
                #"{"ExclusiveStartTableName":""}"#,
                [
                    pattern("", "exclusiveStartTableName"),
                    short("", "exclusiveStartTableName", 3),
                ]
            ),
            Row(
                "ListTables",
                #"{"ExclusiveStartTableName":"a;","Limit":500}"#,
                [
                    pattern("a;", "exclusiveStartTableName"),
                    short("a;", "exclusiveStartTableName", 3),
                    high("500", "limit", 100),
                ]
            ),
            Row("ListTables", #"{"ExclusiveStartTableName":"\#(name)"}"#, long(name, "exclusiveStartTableName", 255)),
            Row("UpdateTimeToLive", #"{"TableName":"abc"}"#, "null at 'timeToLiveSpecification'"),
            Row(
                "UpdateTimeToLive",
                #"{"TableName":"abc","TimeToLiveSpecification":{}}"#,
                [
                    "null at 'timeToLiveSpecification.enabled'",
                    "null at 'timeToLiveSpecification.attributeName'",
                ]
            ),
            Row(
                "UpdateTimeToLive",
                #"{"TableName":"abc","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"\#(name)"}}"#,
                long(name, "timeToLiveSpecification.attributeName", 255)
            ),
            Row("TagResource", #"{"ResourceArn":"a:b:c:d:e:f/g"}"#, "null at 'tags'"),
            Row("UntagResource", #"{"ResourceArn":"a:b:c:d:e:f/g"}"#, "null at 'tagKeys'"),
        ]
        + ["DescribeTable", "DeleteTable", "DescribeTimeToLive", "UpdateTimeToLive", "DescribeContinuousBackups"]
        .flatMap {
            [
                Row($0, "{}", demanded), Row($0, #"{"TableName":""}"#, sentence),
                Row($0, #"{"TableName":"a;"}"#, sentence),
                Row($0, #"{"TableName":"\#(name)"}"#, sentence),
            ]
        }
        + ["DescribeTable", "DeleteTable", "DescribeTimeToLive", "DescribeContinuousBackups"].map {
            Row($0, #"{"TableName":"abc;"}"#, pattern("abc;", "tableName"))
        }

    static let streams: [Row] = [
        Row(
            "ListStreams",
            #"{"TableName":"a","Limit":0}"#,
            [
                short("a", "tableName", 3),
                low("0", "limit", 1),
            ]
        ),
        Row("DescribeStream", "{}", "null at 'streamArn'"),
        Row("DescribeStream", #"{"StreamArn":"x"}"#, short("x", "streamArn", 37)),
        Row(
            "GetShardIterator",
            #"{"ShardIteratorType":"X","SequenceNumber":"1"}"#,
            [
                "null at 'streamArn'",
                "null at 'shardId'",
                values(
                    "X",
                    "shardIteratorType",
                    "TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP"
                ),
                short("1", "sequenceNumber", 21),
            ]
        ),
        Row(
            "GetRecords",
            #"{"Limit":0}"#,
            [
                "null at 'shardIterator'",
                low("0", "limit", 1),
            ]
        ),
    ]
}
