/// The pass over a request's body that fills a ``TouchedResources``.
struct TouchedResourcesScan {
    private(set) var found = TouchedResources()
    private let operation: Operation?
    private var reader: JSONReader
    private var indices: [TableReference: Int] = [:]

    init(_ operation: Operation?, _ body: UnsafeRawBufferPointer) {
        self.operation = operation
        unsafe reader = JSONReader(body)
    }

    mutating func run() throws(RequestError) {
        guard try reader.peek() == .object else { throw .malformedJSON }
        if let operation {
            try readMembers()
            if operation.category == .bulkWrite { found.writesUnknownKeys = true }
        } else {
            found.writesUnknownKeys = true
            try readUnknown(name: nil)
        }
        try reader.finish()
    }

    // MARK: Known operations

    private mutating func readMembers() throws(RequestError) {
        var table: Int?
        var key: ByteRange?
        var item: ByteRange?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if try reader.takeNull() { continue }
            switch memberName(name) {
            case "TableName":
                table = add(reader.decoded(try reader.string()))
            case "GlobalTableName", "SourceTableName", "TargetTableName":
                _ = add(reader.decoded(try reader.string()))
            case "StreamArn" where isKinesis:
                try reader.skipValue()
            case "TableArn", "SourceTableArn", "ResourceArn", "StreamArn", "BackupArn", "ExportArn", "ImportArn",
                "BulkOperationArn":
                addARN(reader.decoded(try reader.string()))
            case "ShardIterator":
                // "ARN|version|token"
                addARN(String(reader.decoded(try reader.string()).prefix { $0 != "|" }))
            case "Key":
                key = try reader.skipObject(.attributeMap)
            case "Item":
                item = try reader.skipObject(.attributeMap)
            case "RequestItems":
                try readRequestItems()
            case "TransactItems":
                try readTransactItems()
            case "TableCreationParameters":
                try readNestedTableName()
            case "Statement":
                try readStatement()
            case "Statements", "TransactStatements":
                try readStatements()
            case "ClientRequestToken", "ClientToken":
                found.clientRequestToken = try reader.string()
            case "ExclusiveStartTableName":
                found.exclusiveStartTableName = reader.decoded(try reader.string())
            case "Limit":
                found.limit = wholeNumber(try reader.number())
            default:
                try reader.skipValue()
            }
        }
        switch operation {
        case .putItem: addWrite(table, item.map(KeyWrite.Location.item))
        case .updateItem, .deleteItem: addWrite(table, key.map(KeyWrite.Location.key))
        default: break
        }
    }

    private var isKinesis: Bool {
        switch operation {
        case .enableKinesisStreamingDestination, .disableKinesisStreamingDestination,
            .updateKinesisStreamingDestination:
            true
        default:
            false
        }
    }

    /// BatchGetItem: tables to keys.
    ///
    /// BatchWriteItem: tables to lists of PutRequest and DeleteRequest.
    private mutating func readRequestItems() throws(RequestError) {
        try reader.beginObject(operation == .batchWriteItem ? .writesMap : .keysMap)
        while let name = try reader.nextMember() {
            let table = add(reader.decoded(name))
            if operation == .batchWriteItem, try !reader.takeNull() {
                try reader.beginArray()
                while try reader.nextElement() { try readWriteRequest(table) }
            } else if operation != .batchWriteItem {
                try reader.skipValue()
            }
        }
    }

    private mutating func readWriteRequest(_ table: Int?) throws(RequestError) {
        if try reader.takeNull() { return }
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if try reader.takeNull() { continue }
            let isPut = reader.matches(name, "PutRequest")
            guard isPut || reader.matches(name, "DeleteRequest") else {
                found.writesUnknownKeys = true
                try reader.skipValue()
                continue
            }
            try reader.beginObject()
            var location: KeyWrite.Location?
            while let name = try reader.nextMember() {
                if try reader.takeNull() { continue }
                if isPut, reader.matches(name, "Item") {
                    location = .item(try reader.skipObject(.attributeMap))
                } else if !isPut, reader.matches(name, "Key") {
                    location = .key(try reader.skipObject(.attributeMap))
                } else {
                    try reader.skipValue()
                }
            }
            addWrite(table, location)
        }
    }

    /// TransactGetItems and TransactWriteItems: a list of objects with one action each.
    private mutating func readTransactItems() throws(RequestError) {
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.takeNull() { continue }
            try reader.beginObject()
            while let action = try reader.nextMember() {
                if try reader.takeNull() { continue }
                try readAction(action)
            }
        }
    }

    private mutating func readAction(_ action: JSONString) throws(RequestError) {
        var table: Int?
        var key: ByteRange?
        var item: ByteRange?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if try reader.takeNull() { continue }
            switch memberName(name) {
            case "TableName": table = add(reader.decoded(try reader.string()))
            case "Key": key = try reader.skipObject(.attributeMap)
            case "Item": item = try reader.skipObject(.attributeMap)
            default: try reader.skipValue()
            }
        }
        switch memberName(action) {
        case "Get", "ConditionCheck": break
        case "Put": addWrite(table, item.map(KeyWrite.Location.item))
        case "Update", "Delete": addWrite(table, key.map(KeyWrite.Location.key))
        default: found.writesUnknownKeys = true
        }
    }

    private mutating func readNestedTableName() throws(RequestError) {
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if reader.matches(name, "TableName"), try !reader.takeNull() {
                _ = add(reader.decoded(try reader.string()))
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readStatements() throws(RequestError) {
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.takeNull() { continue }
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if reader.matches(name, "Statement"), try !reader.takeNull() {
                    try readStatement()
                } else {
                    try reader.skipValue()
                }
            }
        }
    }

    private mutating func readStatement() throws(RequestError) {
        let text = reader.decoded(try reader.string())
        let classification = PartiQL.classify(text)
        found.statements.append(PartiQLStatement(text: text, classification: classification))
        if classification.kind != .select { found.writesUnknownKeys = true }
        if let table = classification.table {
            _ = add(table)
        } else {
            found.hasUnresolvedName = true
        }
    }

    // MARK: Unknown operations

    /// Walks the value that comes next, all of it; `name` is the member it belongs to.
    ///
    /// Recursion is bounded by ``JSONReader/maximumDepth``.
    private mutating func readUnknown(name: String?) throws(RequestError) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            while let member = try reader.nextMember() {
                if name == "RequestItems" { _ = add(reader.decoded(member)) }
                let text = memberName(member)
                // Tables named in a way not known here: what it touches can't be told.
                if text.hasSuffix("TableNames") || text.hasSuffix("Tables") { found.hasUnresolvedName = true }
                try readUnknown(name: text)
            }
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try readUnknown(name: name) }
        case .string:
            let value = try reader.string()
            if name == "Statement" {
                let table = PartiQL.classify(reader.decoded(value)).table
                if let table { _ = add(table) } else { found.hasUnresolvedName = true }
            } else if let name, name.hasSuffix("TableName") {
                _ = add(reader.decoded(value))
            } else if value.range.count <= 4096 {
                let text = reader.decoded(value)
                if TableARN(text) != nil { _ = add(text) }
            }
        case .number, .true, .false, .null:
            try reader.skipValue()
        }
    }

    // MARK: Findings

    /// A member's name to be compared with the model's; empty when it is not ASCII, as no name of the model's is.
    ///
    /// Swift's strings are equal when they are canonically equivalent ("\u{212A}ey" is "Key"), other parsers' are not.
    private func memberName(_ name: JSONString) -> String {
        let text = reader.decoded(name)
        return text.utf8.allSatisfy { $0 < 0x80 } ? text : ""
    }

    /// Notes a table's name or ARN and returns its index.
    private mutating func add(_ text: String) -> Int? {
        guard let table = TableReference(text) else {
            found.hasUnresolvedName = true
            return nil
        }
        return add(table)
    }

    private mutating func add(_ table: TableReference) -> Int {
        if let index = indices[table] { return index }
        indices[table] = found.tables.count
        found.tables.append(table)
        return found.tables.count - 1
    }

    private mutating func addARN(_ text: String) {
        if let table = TableReference(arn: text) {
            _ = add(table)
        } else {
            found.hasUnresolvedName = true
        }
    }

    private mutating func addWrite(_ table: Int?, _ location: KeyWrite.Location?) {
        if let table, let location {
            found.writes.append(KeyWrite(table: table, location: location))
        } else {
            found.writesUnknownKeys = true
        }
    }

    private func wholeNumber(_ range: ByteRange) -> Int? {
        let text = unsafe String(decoding: range.slice(of: reader.bytes), as: UTF8.self)
        guard let value = Double(text) else { return nil }
        return Int(min(max(value, Double(Int32.min)), Double(Int32.max)))
    }
}
