extension ModelGenerator {
    /// Attributes that are no keys of tables, and the type most of their values have; nil for any scalar.
    static let attributes: [(name: String, type: ModelType?)] = [
        ("num", .number), ("tag", .string), ("color", .string), ("bin", .binary), ("alpha", nil), ("beta", nil),
        ("name", nil), ("data-set", nil), ("a.b", nil), ("na\u{EF}ve", .string), ("expires", .number), ("doc", .map),
        ("items1", .list), ("tags", .strings), ("nums", .numbers), ("bins", .binaries),
    ]

    // MARK: Values

    mutating func value(_ type: ModelType?, depth: Int = 0) -> ModelValue {
        switch type ?? random.pick([.string, .number, .binary, .boolean, .null, .string, .number]) {
        case .string:
            let length = random.chance(isLarge ? 60 : 30) ? random.below(isLarge ? 200_000 : 3000) : nil
            return length.map { .string(Array(repeating: 0x78, count: $0)) } ?? .string(random.pick(ModelPools.strings))
        case .number:
            return random.chance(600)
                ? .integer(random.below(2000) - 1000) : .number(random.pick(ModelPools.numbers))
        case .binary: return .binary(random.pick(ModelPools.binaries))
        case .boolean: return .boolean(random.chance(500))
        case .null: return .null
        case .list:
            var values: [ModelValue] = []
            for _ in 0..<random.below(4) { values.append(element(depth)) }
            return .list(values)
        case .map:
            var members: ModelItem = [:]
            for name in ["x", "y", "z", "name"] where random.chance(600) { members[name] = element(depth) }
            return .map(members)
        case .strings: return .strings(Set(random.some(ModelPools.strings, 1 + random.below(3))))
        case .numbers: return .numbers(Set(random.some(ModelPools.numbers, 1 + random.below(3))))
        case .binaries: return .binaries(Set(random.some(ModelPools.binaries, 1 + random.below(3))))
        }
    }

    /// An element of a list or map.
    mutating func element(_ depth: Int) -> ModelValue {
        if depth < 2, random.chance(400) { return value(random.pick([.list, .map, .strings]), depth: depth + 1) }
        return value(random.chance(500) ? .number : nil)
    }

    /// A value for an attribute, now and then of an odd type.
    private mutating func value(of attribute: (name: String, type: ModelType?)) -> ModelValue {
        let isKey = ["num", "tag", "color", "bin"].contains(attribute.name)
        if random.chance(isKey ? 8 : 50) { return value(random.pick(ModelType.allCases)) }
        if attribute.name == "expires" { return .integer(second + random.below(400)) }
        if isKey {
            // Few values, so that index keys are equal.
            if attribute.name == "tag", random.chance(4) { return .string([]) }
            switch attribute.type {
            case .number: return .number(ModelPools.numbers[random.below(8)])
            case .binary: return .binary(ModelPools.binaries[random.below(6)])
            default: return .string(ModelPools.strings[random.below(6)])
            }
        }
        return value(attribute.type)
    }

    // MARK: Writes

    mutating func item(_ table: ModelTable) -> ModelItem {
        var item = random.chance(15) ? wrongKey(table) : key(table)
        for attribute in Self.attributes where random.chance(300) { item[attribute.name] = value(of: attribute) }
        if isLarge, random.chance(700) {
            item["alpha"] = .string(Array(repeating: 0x79, count: 100_000 + random.below(290_000)))
        }
        // Just a number of capacity units or the largest item, or a byte more; as often the item is too large by far.
        if random.chance(40) { pad(&item, to: 1024 * (1 + random.below(9)) + random.below(2)) }
        if random.chance(isLarge ? 100 : 2) { pad(&item, to: ModelTable.maximumSize + random.below(2)) }
        if random.chance(1) { pad(&item, to: 2 * ModelTable.maximumSize) }
        return item
    }

    private func pad(_ item: inout ModelItem, to size: Int) {
        item["alpha"] = .string([])
        item["alpha"] = .string(Array(repeating: 0x78, count: max(0, size - item.size)))
    }

    mutating func write(_ table: ModelTable, _ model: ModelStore, legacy: Bool) -> ModelWrite {
        var write: ModelWrite
        switch random.below(10) {
        case ..<4:
            write = ModelWrite(table: table.name, action: .put(item(table)))
            if random.chance(400) { write.returns = random.pick(["NONE", "ALL_OLD"]) }
        case ..<8:
            let key = random.chance(10) ? wrongKey(table) : self.key(table)
            let old = table.schema.key(of: key).flatMap { table.items[$0] }
            let update = random.chance(30) ? nil : update(old ?? [:], legacy: legacy)
            write = ModelWrite(table: table.name, action: .update(key: key, update))
            if random.chance(600) {
                write.returns = random.pick(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
            }
        default:
            write = ModelWrite(
                table: table.name,
                action: .delete(key: random.chance(10) ? wrongKey(table) : key(table))
            )
            if random.chance(400) { write.returns = random.pick(["NONE", "ALL_OLD"]) }
        }
        if random.chance(3) { write.table = "nowhere" }
        addCondition(to: &write, table, perMille: 350, legacy: legacy)
        return write
    }

    private mutating func addCondition(to write: inout ModelWrite, _ table: ModelTable, perMille: Int, legacy: Bool) {
        guard random.chance(perMille) else { return }
        let attributes: ModelItem
        switch write.action {
        case .put(let item): attributes = item
        case .update(let key, _), .delete(let key), .check(let key): attributes = key
        }
        let old = table.schema.key(of: attributes).flatMap { table.items[$0] }
        write.condition = condition(old, legacy: legacy) { _ in true }
        // Most conditions hold.
        for _ in 0..<4 where write.condition?.holds(old ?? [:]) == false && random.chance(700) {
            write.condition = condition(old, legacy: legacy) { _ in true }
        }
        write.returnsOldOnFailure = random.chance(400)
    }

    mutating func batchWrite(_ model: ModelStore) -> [ModelWrite] {
        var writes: [ModelWrite] = []
        var keys: Set<ModelItem> = []
        for _ in 0...random.below(8) {
            guard let table = model.tables[random.pick(model.tables.keys.sorted())] else { continue }
            let write: ModelWrite
            var key: ModelItem
            if random.chance(700) {
                let item = item(table)
                key = item.only(Set(table.schema.names))
                write = ModelWrite(table: table.name, action: .put(item))
            } else {
                key = self.key(table)
                write = ModelWrite(table: table.name, action: .delete(key: key))
            }
            key["table"] = .text(table.name)
            if keys.insert(key).inserted || random.chance(10) { writes.append(write) }
        }
        // A request lists the writes table by table.
        return writes.sorted { $0.table < $1.table }
    }

    mutating func transactWrite(_ model: ModelStore) -> [ModelWrite] {
        var writes: [ModelWrite] = []
        var keys: Set<ModelItem> = []
        for _ in 0...random.below(5) {
            guard let table = model.tables[random.pick(model.tables.keys.sorted())] else { continue }
            var write = self.write(table, model, legacy: false)
            write.table = table.name
            write.returns = nil
            var key: ModelItem
            switch write.action {
            case .put(let item): key = item.only(Set(table.schema.names))
            case .update(let attributes, let update):
                key = attributes
                // A transaction's update has an expression.
                if update == nil { write.action = .delete(key: key) }
            case .delete(let attributes), .check(let attributes): key = attributes
            }
            if random.chance(150) {
                write.action = .check(key: key)
                if write.condition == nil { addCondition(to: &write, table, perMille: 1000, legacy: false) }
            }
            key["table"] = .text(table.name)
            if keys.insert(key).inserted || random.chance(10) { writes.append(write) }
        }
        return writes
    }

    // MARK: Updates

    /// An update that mostly suits the item; one that the older parameters can express changes attributes as a whole.
    mutating func update(_ old: ModelItem, legacy: Bool) -> ModelUpdate {
        var actions: [(path: ModelPath, action: ModelUpdate.Action)] = []
        for _ in 0...random.below(4) {
            let path = path(old, isNested: !legacy) { _ in true }
            if actions.contains(where: { $0.path.clashes(with: path) }) { continue }
            actions.append((path, action(path, old, legacy: legacy)))
        }
        let expires = ModelPath(attribute: "expires")
        if random.chance(60), !actions.contains(where: { $0.path == expires }) {
            actions.append((expires, .set(.value(value(of: ("expires", .number))))))
        }
        return ModelUpdate(actions: actions)
    }

    private mutating func action(_ path: ModelPath, _ old: ModelItem, legacy: Bool) -> ModelUpdate.Action {
        let there = path.value(in: old)
        let attribute = Self.attributes.first { $0.name == path.attribute } ?? ("alpha", nil)
        let new = path.steps.isEmpty ? value(of: attribute) : element(1)
        switch random.below(10) {
        case 0: return .remove
        case 1, 2:
            // What suits what is there, or could.
            let type = there?.type ?? attribute.type ?? .number
            let operand: ModelType = [.number, .strings, .numbers, .binaries].contains(type) ? type : .number
            if random.chance(970), there == nil || there?.type == operand { return .add(value(operand)) }
            return random.chance(100) ? .add(value(random.pick([.number, .strings]))) : .set(.value(new))
        case 3:
            let type = there?.type ?? .strings
            if let there, [.strings, .numbers, .binaries].contains(type), random.chance(300) { return .delete(there) }
            if [.strings, .numbers, .binaries].contains(type) { return .delete(value(type)) }
            return random.chance(100) ? .delete(value(.strings)) : .remove
        case 4 where !legacy: return .set(.ifNotExists(self.path(old) { _ in true }, .value(new)))
        case 5 where !legacy:
            let one: ModelSource = there?.type == .number ? .path(path) : .ifNotExists(path, .value(value(.number)))
            guard there == nil || there?.type == .number || random.chance(100) else { return .set(.value(new)) }
            let other = ModelSource.value(value(.number))
            let isDifference = random.chance(400)
            return .set(
                random.chance(700)
                    ? .sum(one, other, isDifference: isDifference) : .sum(other, one, isDifference: isDifference)
            )
        case 6 where !legacy:
            guard there == nil || there?.type == .list || random.chance(100) else { return .set(.value(new)) }
            let one: ModelSource = there == nil ? .ifNotExists(path, .value(value(.list))) : .path(path)
            let other = ModelSource.value(value(.list))
            return .set(random.chance(600) ? .append(one, other) : .append(other, one))
        case 7 where !legacy:
            let other = self.path(old) { _ in true }
            return other.value(in: old) != nil || random.chance(50) ? .set(.path(other)) : .set(.value(new))
        default: return .set(.value(new))
        }
    }
}
