/// Makes up operations, with an eye on what the tables hold so that most of them do something.
struct ModelGenerator {
    var random: ModelRandom
    /// Whether the store is in a file.
    let isInFile: Bool
    /// Whether items are large, for pages of a megabyte.
    let isLarge: Bool
    private var tokens: [ModelOperation] = []
    /// The model's time in seconds.
    private(set) var second = 0

    init(seed: UInt64, isInFile: Bool = false, isLarge: Bool = false) {
        random = ModelRandom(seed: seed)
        self.isInFile = isInFile
        self.isLarge = isLarge
    }

    /// The next operation.
    mutating func operation(_ model: ModelStore) -> ModelOperation {
        var operation = ModelOperation(kind: .verify, style: random.next())
        operation.time = model.now + Int64(random.below(random.chance(3) ? 700_000 : 300))
        operation.capacity = random.chance(400) ? random.pick(ModelCapacity.allCases) : .none
        operation.wantsMetrics = random.chance(150)
        operation.isLegacy = random.chance(120)
        let table = model.tables[random.pick(model.tables.keys.sorted())]
        guard let table else { return operation }
        second = Int(model.now / 1000)
        // Pages of large items are what they are for.
        switch isLarge && random.chance(200) ? 760 : random.below(1000) {
        case ..<470: operation.kind = .write(write(table, model, legacy: operation.isLegacy))
        case ..<570: operation.kind = .get(get(table, legacy: operation.isLegacy))
        case ..<750: operation.kind = .read(query(table, legacy: operation.isLegacy))
        case ..<780: operation.kind = .read(scan(table, legacy: operation.isLegacy))
        case ..<820: operation.kind = .batchGet(batchGet(model, legacy: operation.isLegacy))
        case ..<860: operation.kind = .batchWrite(batchWrite(model))
        case ..<890:
            operation.kind = .transactGet(transactGet(model))
            operation.isLegacy = false
        case ..<960:
            operation.isLegacy = false
            if let repeated = repeatedTransaction(operation) { return repeated }
            let token = random.chance(300) ? "token-\(random.below(1_000_000))" : nil
            operation.kind = .transactWrite(transactWrite(model), token: token)
            if token != nil { tokens = Array((tokens + [operation]).suffix(6)) }
        case ..<980: operation.kind = broken(table)
        case ..<987:
            operation.kind = .expire
            if let pause = pauseToExpiry(of: table, model) { operation.time = model.now + pause }
        case ..<990: operation.kind = .timeToLive(table: table.name)
        case ..<993 where !isLarge: operation.kind = .toggleIndex(table: table.name)
        case ..<998:
            operation.kind = .restart(random.pick(isInFile ? [.closed, .dropped, .killed, .reloaded] : [.reloaded]))
        default: operation.kind = .verify
        }
        operation.wantsMetrics = operation.wantsMetrics && operation.takesMetrics
        return operation
    }

    /// Milliseconds until an item expires, or a second longer.
    private mutating func pauseToExpiry(of table: ModelTable, _ model: ModelStore) -> Int64? {
        let times = table.items.values.compactMap { item -> Int64? in
            guard case .number(let number)? = item["expires"], let time = Int64(number.text), time < 2_000_000_000
            else {
                return nil
            }
            return time * 1000 > model.now ? time * 1000 - model.now : nil
        }
        guard let first = times.min(), random.chance(800) else { return nil }
        return first + (random.chance(500) ? 1000 : 0)
    }

    /// A transaction once more, or another one with its token.
    private mutating func repeatedTransaction(_ operation: ModelOperation) -> ModelOperation? {
        guard !tokens.isEmpty, random.chance(100) else { return nil }
        var repeated = random.pick(tokens)
        repeated.capacity = operation.capacity
        repeated.time = operation.time
        guard case .transactWrite(var writes, let token) = repeated.kind else { return nil }
        if random.chance(200), case .put(var item) = writes[0].action {
            // Another item.
            item["alpha"] = item["alpha"] == .null ? .boolean(true) : .null
            writes[0].action = .put(item)
            repeated.kind = .transactWrite(writes, token: token)
        } else if random.chance(200) {
            // One action more.
            let key = ModelItem(uniqueKeysWithValues: [("pk", .text("token"))])
            writes.append(ModelWrite(table: "plain", action: .delete(key: key)))
            repeated.kind = .transactWrite(writes, token: token)
        } else if writes.allSatisfy(\.hasNoExpression) {
            // The same request in another spelling.
            repeated.style &+= 77
        }
        return repeated
    }

    // MARK: Keys

    /// A value of the pool of a key attribute.
    mutating func keyValue(_ attribute: ModelKeyAttribute) -> ModelValue {
        switch attribute.type {
        case .number: .number(random.pick(ModelPools.numbers))
        case .binary: .binary(random.pick(ModelPools.binaries))
        default: .string(random.pick(ModelPools.strings))
        }
    }

    /// A key of the table: of an item, or of few partitions.
    mutating func key(_ table: ModelTable) -> ModelItem {
        if random.chance(500), let key = existingKey(table) { return key }
        var item: ModelItem = [:]
        let partitions = isLarge ? 1 : 4
        switch table.schema.partition.type {
        case .number: item["pk"] = .number(ModelPools.numbers[3 * random.below(partitions)])
        case .binary: item["pk"] = .binary(ModelPools.binaries[random.below(partitions)])
        default:
            // A table without sort keys would have few items.
            let pool = table.schema.sort == nil ? ModelPools.strings.count : partitions
            item["pk"] = .string(ModelPools.strings[random.below(pool)])
        }
        if let sort = table.schema.sort { item[sort.name] = keyValue(sort) }
        return item
    }

    /// Keys of items in an order that does not change from run to run.
    func sortedKeys(_ table: ModelTable) -> [ModelKey] {
        table.items.keys.sorted { left, right in
            if left.partition != right.partition { return left.partition.isBefore(right.partition) == true }
            guard let one = left.sort, let two = right.sort else { return false }
            return one.isBefore(two) == true
        }
    }

    private mutating func existingKey(_ table: ModelTable) -> ModelItem? {
        guard !table.items.isEmpty else { return nil }
        // The least of a few by its hash would not repeat; of all in order does.
        let keys = sortedKeys(table)
        return table.schema.attributes(of: keys[random.below(keys.count)])
    }

    /// A key with which something is wrong.
    mutating func wrongKey(_ table: ModelTable) -> ModelItem {
        var key = key(table)
        let name = random.pick(table.schema.names)
        switch random.below(4) {
        case 0: key[name] = nil
        case 1: key[name] = .boolean(true)
        case 2: key["extra"] = .text("x")
        default:
            switch key[name] {
            case .string: key[name] = .string([])
            case .binary: key[name] = .binary([])
            default: key[name] = .text("1")
            }
        }
        return key
    }

    /// A request that breaks a rule of its own.
    private mutating func broken(_ table: ModelTable) -> ModelOperation.Kind {
        var writer = ModelWriter(style: 1)
        let key = writer.item(key(table))
        let (operation, members) = random.pick(ModelPools.broken)
        return .broken(
            operation: operation,
            body: #"{"TableName":"\#(table.name)",\#(members.replacing("KEY", with: key))}"#,
            refusal: .validation
        )
    }
}

extension ModelWrite {
    /// Whether its request has no expression.
    var hasNoExpression: Bool {
        if case .update = action { return false }
        return condition == nil
    }
}

extension ModelOperation {
    /// Whether the request may ask for ItemCollectionMetrics.
    var takesMetrics: Bool {
        switch kind {
        case .write, .batchWrite, .transactWrite: true
        default: false
        }
    }
}
