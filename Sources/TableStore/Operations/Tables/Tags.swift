import DynamoDB

/// TagResource: adds tags to a table, or gives them new values; the reply is empty.
struct TagResource: StoreOperation {
    static let shape = Shapes.tagResource

    private let resource: ResourceName
    private let tags: [Members]

    init(_ members: Members) throws(ErrorReply) {
        resource = try ResourceName(members)
        tags = members.structures("Tags") ?? []
        if tags.isEmpty { throw .validation("Atleast one Tag needs to be provided as Input.") }
        _ = try TagRequest.tags(tags, addedTo: [])
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try resource.table(on: engine)
        var definition = table.definition
        definition.tags = try TagRequest.tags(tags, addedTo: definition.tags)
        try engine.replace(table, definition)
        return []
    }
}

/// UntagResource: takes tags from a table; the reply is empty.
struct UntagResource: StoreOperation {
    static let shape = Shapes.untagResource

    private let resource: ResourceName
    private let keys: Set<String>

    init(_ members: Members) throws(ErrorReply) {
        resource = try ResourceName(members)
        let keys = members.strings("TagKeys") ?? []
        if keys.isEmpty { throw .validation("Atleast one Tag Key needs to be provided as Input.") }
        self.keys = try TagRequest.keys(keys)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try resource.table(on: engine)
        var definition = table.definition
        definition.tags.removeAll { keys.contains($0.key) }
        try engine.replace(table, definition)
        return []
    }
}

/// ListTagsOfResource: all tags of a table, which fit in one page.
struct ListTagsOfResource: StoreOperation {
    static let shape = Shapes.listTagsOfResource

    private let resource: ResourceName

    init(_ members: Members) throws(ErrorReply) {
        resource = try ResourceName(members)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let tags = try resource.table(on: engine).definition.tags.map { tag in
            var object = JSONObject()
            object.append("Key", tag.key)
            object.append("Value", tag.value)
            return object
        }
        var reply = JSONObject()
        reply.append("Tags", tags)
        return reply.bytes
    }
}

/// The `ResourceArn` of a tag operation.
private struct ResourceName {
    let arn: String

    init(_ members: Members) throws(ErrorReply) {
        arn = members.string("ResourceArn") ?? ""
        guard arn.hasPrefix("arn:") else { throw .invalidParameters("ARNs must start with 'arn:': \(arn)") }
    }

    /// The table.
    ///
    /// That of another account is none of the caller's business; indexes have no tags.
    func table(on engine: Engine) throws(ErrorReply) -> Table {
        guard let parsed = TableARN(arn) else {
            throw .invalidParameters("Provided Arn is not a DynamoDB resource arn: \(arn)")
        }
        guard parsed.region == engine.identity.region else {
            throw .validation("Invalid TableArn: Invalid ResourceArn provided as input \(arn)")
        }
        guard parsed.account == engine.identity.account else { throw .accessDenied("Access is denied") }
        let table = engine.identity.tableARN(parsed.table)
        guard !arn.hasPrefix(table + "/index/") else {
            throw .invalidParameters(
                "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: \(arn)"
            )
        }
        guard arn == table, let table = engine.tables[parsed.table] else {
            throw .resourceNotFound("Requested resource not found: ResourceArn: \(arn) not found")
        }
        return table
    }
}
