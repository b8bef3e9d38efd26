extension ModelGenerator {
    mutating func get(_ table: ModelTable, legacy: Bool) -> ModelGet {
        ModelGet(
            table: random.chance(3) ? "nowhere" : table.name,
            keys: [random.chance(20) ? wrongKey(table) : key(table)],
            projection: projection(table, perMille: 300, legacy: legacy),
            isConsistent: random.chance(500)
        )
    }

    mutating func batchGet(_ model: ModelStore, legacy: Bool) -> [ModelGet] {
        let names = random.some(model.tables.keys.sorted(), 1 + random.below(2))
        var gets: [ModelGet] = []
        // The rule against mixtures is the whole request's.
        let isProjected = random.chance(300)
        for name in names {
            guard let table = model.tables[name] else { continue }
            var keys: [ModelItem] = []
            for _ in 0...random.below(8) {
                let key = random.chance(5) ? wrongKey(table) : self.key(table)
                if !keys.contains(key) || random.chance(5) { keys.append(key) }
            }
            gets.append(
                ModelGet(
                    table: name,
                    keys: keys,
                    projection: isProjected ? projection(table, perMille: 1000, legacy: legacy) : nil,
                    isConsistent: random.chance(500)
                )
            )
        }
        return gets
    }

    mutating func transactGet(_ model: ModelStore) -> [ModelGet] {
        var gets: [ModelGet] = []
        for _ in 0...random.below(5) {
            guard let table = model.tables[random.pick(model.tables.keys.sorted())] else { continue }
            let get = ModelGet(
                table: table.name,
                keys: [key(table)],
                projection: projection(table, perMille: 300, legacy: false)
            )
            if gets.contains(where: { $0.table == get.table && $0.keys == get.keys }), random.chance(900) { continue }
            gets.append(get)
        }
        return gets
    }

    mutating func query(_ table: ModelTable, legacy: Bool) -> ModelRead {
        var read = ModelRead(table: table.name)
        let original = [ModelTable.plain, .indexed, .binary, .numeric].first { $0.name == table.name }
        let index = random.chance(550) ? original?.indexes.randomElement(using: &random) : nil
        let schema = index?.schema ?? table.schema
        read.index = index?.name
        let key = key(table)
        let example = table.schema.key(of: key).flatMap { table.items[$0] } ?? key
        if let value = example[schema.partition.name], value.type == schema.partition.type {
            read.partition = value
            if case .string([]) = value { read.partition = .text("a") }
        } else {
            read.partition = keyValue(schema.partition)
        }
        if let sort = schema.sort, random.chance(500) { read.sort = sortCondition(sort, legacy: legacy) }
        if let sort = table.schema.sort, index == nil, random.chance(100) { read.startKey = keyValue(sort) }
        read.isForward = random.chance(600)
        finish(&read, table, index, legacy: legacy)
        return read
    }

    mutating func scan(_ table: ModelTable, legacy: Bool) -> ModelRead {
        var read = ModelRead(table: table.name)
        let index = random.chance(400) ? table.indexes.randomElement(using: &random) : nil
        read.index = index?.name
        if random.chance(300) {
            let total = 1 + random.below(5)
            read.segment = (random.below(total), total)
        }
        finish(&read, table, index, legacy: legacy)
        return read
    }

    private mutating func finish(_ read: inout ModelRead, _ table: ModelTable, _ index: ModelIndex?, legacy: Bool) {
        if random.chance(450) { read.limit = 1 + random.below(6) }
        if read.startKey == nil, random.chance(200) { read.startAfter = random.below(50) }
        read.isConsistent = random.chance(index?.isGlobal == true ? 20 : 400)
        if random.chance(350) {
            let wrong = random.chance(40)
            let keyNames = Set((index?.schema ?? table.schema).names)
            let held = index?.names(table.schema)
            read.filter = condition(nil, legacy: legacy) { name in
                wrong || (read.partition == nil || !keyNames.contains(name) && held?.contains(name) ?? true)
            }
        }
        switch random.below(10) {
        case 0: read.select = "COUNT"
        case 1: read.select = "ALL_ATTRIBUTES"
        case 2 where index != nil: read.select = "ALL_PROJECTED_ATTRIBUTES"
        case 3, 4, 5:
            var projection = projection(table, perMille: 1000, legacy: legacy)
            if let names = index?.names(table.schema), random.chance(800) {
                projection?.paths.removeAll { !names.contains($0.attribute) }
            }
            if projection?.paths.isEmpty == false { read.projection = projection }
        default: break
        }
    }

    private mutating func sortCondition(_ attribute: ModelKeyAttribute, legacy: Bool) -> ModelSortCondition {
        let value = keyValue(attribute)
        switch random.below(8) {
        case 0, 1:
            let other = keyValue(attribute)
            let isReversed = other.isBefore(value) == true
            return isReversed && !random.chance(50) ? .between(other, value) : .between(value, other)
        case 2 where attribute.type != .number: return .begins(random.chance(700) ? Self.prefix(of: value) : value)
        default: return .compare(random.pick([.equal, .less, .lessOrEqual, .greater, .greaterOrEqual]), value)
        }
    }
}
