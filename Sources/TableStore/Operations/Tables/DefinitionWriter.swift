import DynamoDB

// The catalog's JSON of a definition; ``TableDefinition/init(saved:number:)`` reads it.

extension TableDefinition {
    /// The definition as the catalog keeps it.
    func saved() -> [UInt8] {
        var object = JSONObject()
        object.append("tableID", tableID)
        object.append("name", name)
        object.append("createdAt", createdAt)
        object.append("attributes", attributes.map(\.saved))
        object.append("keySchema", keySchema.saved)
        if case .provisioned(let throughput) = billing { object.append("throughput", throughput.saved) }
        object.append("localIndexes", localIndexes.map(\.saved))
        object.append("globalIndexes", globalIndexes.map(\.saved))
        object.append("stream", stream?.saved)
        object.append("timeToLiveAttribute", timeToLiveAttribute)
        object.append("isDeletionProtected", isDeletionProtected)
        object.append("tableClass", tableClass)
        object.append("encryptionKey", encryptionKey)
        object.append("onDemandLimits", onDemandLimits?.saved)
        object.append("tags", tags.map(\.saved))
        object.append("lastIncrease", lastIncrease)
        object.append("lastDecrease", lastDecrease)
        object.append("decreasesToday", decreasesToday)
        object.append("payPerRequestSince", payPerRequestSince)
        object.append("tableClassSince", tableClassSince)
        object.append("warmThroughput", warmThroughput.saved)
        object.append("latestStreamLabel", latestStreamLabel)
        return object.bytes
    }
}

extension KeySchema.Attribute {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("name", text)
        object.append("type", type.name)
        return object
    }
}

extension KeySchema {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("partition", partitionKey.text)
        object.append("sort", sortKey?.text)
        return object
    }
}

extension Throughput {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("read", read)
        object.append("write", write)
        return object
    }
}

extension OnDemandLimits {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("read", read)
        object.append("write", write)
        return object
    }
}

extension Index {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("number", number)
        object.append("name", name)
        object.append("keySchema", keySchema.saved)
        switch projection {
        case .all: object.append("projection", "ALL")
        case .keysOnly: object.append("projection", "KEYS_ONLY")
        case .include(let names):
            object.append("projection", "INCLUDE")
            object.append("included", names)
        }
        object.append("throughput", throughput?.saved)
        object.append("onDemandLimits", onDemandLimits?.saved)
        object.append("lastIncrease", lastIncrease)
        object.append("lastDecrease", lastDecrease)
        object.append("decreasesToday", decreasesToday)
        object.append("warmThroughput", warmThroughput.saved)
        return object
    }
}

extension StreamDefinition {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("number", number)
        object.append("label", label)
        object.append("view", view.rawValue)
        return object
    }
}

extension TableDefinition.Tag {
    fileprivate var saved: JSONObject {
        var object = JSONObject()
        object.append("key", key)
        object.append("value", value)
        return object
    }
}
