extension ModelRunner {
    /// Compares everything: items, index entries, counts, and the stream's records.
    func verify() throws {
        for name in model.tables.keys.sorted() {
            guard let table = model.tables[name] else { continue }
            _ = try order(try ModelPages(ModelRead(table: name), in: model), nil)
            for index in table.indexes {
                _ = try order(try ModelPages(ModelRead(table: name, index: index.name), in: model), nil)
            }
            try verifyCounts(of: table)
            try verifyStream(of: table)
            model.tables[name]?.changes = []
        }
    }

    private func verifyCounts(of table: ModelTable) throws {
        let description = try call("DescribeTable", #"{"TableName":"\#(table.name)"}"#)["Table"]
        func check(_ what: String, _ json: JSON?, _ bytesName: String, _ items: [ModelItem]) throws {
            let expected = (items.count, items.reduce(0) { $0 + $1.size })
            let actual = (json?["ItemCount"]?.number ?? -1, json?[bytesName]?.number ?? -1)
            guard (Double(expected.0), Double(expected.1)) == actual else {
                throw ModelDifference(description: "DescribeTable \(what): store \(actual), model \(expected)")
            }
        }
        try check(table.name, description, "TableSizeBytes", Array(table.items.values))
        let indexes = ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"].flatMap { description?[$0]?.array ?? [] }
        guard indexes.count == table.indexes.count else {
            throw ModelDifference(description: "DescribeTable \(table.name): indexes \(indexes)")
        }
        for json in indexes {
            let index = table.index(json["IndexName"]?.string ?? "")
            let entries = table.items.values.compactMap { index?.entry(of: $0, table.schema) }
            try check("\(table.name) \(index?.name ?? "")", json, "IndexSizeBytes", entries)
        }
    }

    /// Compares the stream's records since the last time with the model's changes.
    private func verifyStream(of table: ModelTable) throws {
        let arn = try call("DescribeTable", #"{"TableName":"\#(table.name)"}"#)["Table"]?["LatestStreamArn"]?.string
        let description = try call("DescribeStream", #"{"StreamArn":"\#(arn ?? "")"}"#)["StreamDescription"]
        let shard = description?["Shards"]?[0]?["ShardId"]?.string ?? ""
        var place = #""ShardIteratorType":"TRIM_HORIZON""#
        if let last = lastRecords[table.name] {
            place = #""ShardIteratorType":"AFTER_SEQUENCE_NUMBER","SequenceNumber":"\#(last)""#
        }
        var iterator = try call("GetShardIterator", #"{"StreamArn":"\#(arn ?? "")","ShardId":"\#(shard)",\#(place)}"#)[
            "ShardIterator"
        ]?.string
        var expected = table.changes[...]
        reading: while let current = iterator {
            let limit = requests % 2 == 0 ? "" : #","Limit":7"#
            requests += 1
            let reply = try call("GetRecords", #"{"ShardIterator":"\#(current)"\#(limit)}"#)
            let records = reply["Records"]?.array ?? []
            for record in records {
                lastRecords[table.name] = record["dynamodb"]?["SequenceNumber"]?.string
                let change = try ModelChange(record)
                // TTL's deletions have no order.
                let block = expected.prefix { $0.isByTimeToLive }
                let place = change.isByTimeToLive ? block.firstIndex(of: change) : expected.indices.first
                guard let place, expected[place] == change else {
                    throw ModelDifference(
                        description:
                            "GetRecords of \(table.name)\n  store: \(record)\n  model: \(Array(expected.prefix(3)))"
                    )
                }
                expected.remove(at: place)
            }
            iterator = records.isEmpty ? nil : reply["NextShardIterator"]?.string
        }
        guard expected.isEmpty else {
            throw ModelDifference(description: "GetRecords of \(table.name) lacks \(Array(expected.prefix(3)))")
        }
    }
}

extension ModelChange {
    /// Reads a stream record.
    init(_ record: JSON) throws {
        let content = record["dynamodb"]
        key = try ModelItem(content?["Keys"] ?? .null)
        old = try content?["OldImage"].map { try ModelItem($0) }
        new = try content?["NewImage"].map { try ModelItem($0) }
        isByTimeToLive = record["userIdentity"]?["PrincipalId"] == "dynamodb.amazonaws.com"
        let name = old == nil ? "INSERT" : new == nil ? "REMOVE" : "MODIFY"
        let size = key.size + (old?.size ?? 0) + (new?.size ?? 0)
        guard record["eventName"]?.string == name, content?["SizeBytes"]?.number == Double(size) else {
            throw ModelDifference(description: "record \(record)\n  should be \(name), \(size) bytes")
        }
    }
}
