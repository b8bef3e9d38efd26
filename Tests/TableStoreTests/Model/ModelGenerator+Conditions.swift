extension ModelGenerator {
    /// A path to something, mostly in the item.
    mutating func path(_ item: ModelItem?, isNested: Bool = true, _ allowed: (String) -> Bool) -> ModelPath {
        var names = Self.attributes.map(\.name).filter(allowed)
        if let item, random.chance(700) {
            let there = item.keys.sorted().filter { names.contains($0) && allowed($0) }
            if !there.isEmpty { names = there }
        }
        var path = ModelPath(attribute: names.isEmpty ? "alpha" : random.pick(names))
        guard isNested else { return path }
        // Key attributes have no parts, so nobody may ask for them.
        var value = item?[path.attribute]
        while path.steps.count < 3, ["doc", "items1"].contains(path.attribute), random.chance(600) {
            switch value {
            case .list(let values)?:
                let index = random.below(values.count + 2)
                path.steps.append(.element(index))
                value = index < values.count ? values[index] : nil
            case .map(let members)?:
                let name = random.pick(["x", "y", "z", "name"])
                path.steps.append(.member(name))
                value = members[name]
            case nil where item != nil && random.chance(950):
                return path
            default:
                path.steps.append(random.chance(500) ? .element(random.below(3)) : .member("x"))
                value = nil
            }
        }
        return path
    }

    mutating func projection(_ table: ModelTable, perMille: Int, legacy: Bool) -> ModelProjection? {
        guard random.chance(perMille) else { return nil }
        var paths: [ModelPath] = []
        let example = table.items.isEmpty ? nil : table.items[random.pick(sortedKeys(table))]
        for _ in 0...random.below(5) {
            let name = random.chance(200) ? random.pick(table.schema.names) : nil
            let path = name.map { ModelPath(attribute: $0) } ?? self.path(example, isNested: !legacy) { _ in true }
            if !paths.contains(where: { $0.clashes(with: path) }) { paths.append(path) }
        }
        return ModelProjection(paths: paths)
    }

    // MARK: Conditions

    /// A condition; one that the older parameters can express looks at attributes as a whole, each once.
    mutating func condition(_ item: ModelItem?, legacy: Bool, _ allowed: (String) -> Bool) -> ModelCondition {
        if legacy {
            var parts: [ModelCondition] = []
            var seen: Set<String> = []
            for _ in 0...random.below(3) {
                let part = leaf(item, legacy: true, allowed)
                if seen.isDisjoint(with: part.attributes) { parts.append(part) }
                seen.formUnion(part.attributes)
            }
            return parts.count == 1 ? parts[0] : random.chance(500) ? .all(parts) : .any(parts)
        }
        return condition(item, depth: 0, allowed)
    }

    private mutating func condition(_ item: ModelItem?, depth: Int, _ allowed: (String) -> Bool) -> ModelCondition {
        guard depth < 3, random.chance(depth == 0 ? 400 : 300) else { return leaf(item, legacy: false, allowed) }
        if random.chance(250) { return .not(condition(item, depth: depth + 1, allowed)) }
        var parts: [ModelCondition] = []
        for _ in 0..<(2 + random.below(2)) { parts.append(condition(item, depth: depth + 1, allowed)) }
        return random.chance(500) ? .all(parts) : .any(parts)
    }

    private mutating func leaf(_ item: ModelItem?, legacy: Bool, _ allowed: (String) -> Bool) -> ModelCondition {
        let path = path(item, isNested: !legacy, allowed)
        let there = path.value(in: item ?? [:])
        let ordered: [ModelType] = [.string, .number, .binary]
        // A value that has an order, mostly of the type and now and then the value of what is there.
        var value = value(
            there.map { ordered.contains($0.type) ? $0.type : random.pick(ordered) } ?? random.pick(ordered)
        )
        if let there, ordered.contains(there.type), random.chance(400) { value = there }
        switch random.below(legacy ? 10 : 13) {
        case 0, 1:
            var other = there
            if other == nil || random.chance(400) { other = self.value(nil) }
            return .compare(.path(path), random.chance(500) ? .equal : .notEqual, .value(other ?? value))
        case 2, 3:
            return .compare(.path(path), random.pick([.less, .lessOrEqual, .greater, .greaterOrEqual]), .value(value))
        case 4:
            let other = self.value(value.type)
            return other.isBefore(value) == true
                ? .between(.path(path), .value(other), .value(value))
                : .between(.path(path), .value(value), .value(other))
        case 5:
            var others: [ModelOperand] = [.value(value)]
            for _ in 0..<random.below(3) { others.append(.value(self.value(value.type))) }
            return .oneOf(.path(path), others)
        case 6: return .exists(path)
        case 7: return .notExists(path)
        case 8:
            if value.type == .number { value = self.value(.string) }
            return .begins(path, .value(Self.prefix(of: value)))
        case 9: return .contains(path, .value(part(of: there) ?? value))
        case 10: return .type(path, random.chance(500) ? there?.type ?? .string : random.pick(ModelType.allCases))
        case 11:
            let length = there?.length.map { $0 + random.pick([-1, 0, 0, 1]) } ?? random.below(5)
            return .compare(.size(path), random.pick(ModelComparator.allCases), .value(.integer(length)))
        default:
            let other = self.path(item, allowed)
            guard other != path else { return .exists(path) }
            return .compare(.path(path), random.pick(ModelComparator.allCases), .path(other))
        }
    }

    /// The first character or byte.
    static func prefix(of value: ModelValue) -> ModelValue {
        switch value {
        case .string(let bytes) where bytes.count > 1:
            let half = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix(1)
            return .text(String(String.UnicodeScalarView(half)))
        case .binary(let bytes): return .binary(Array(bytes.prefix(1)))
        default: return value
        }
    }

    /// A part that `contains` finds in a set or list.
    private mutating func part(of value: ModelValue?) -> ModelValue? {
        guard random.chance(600) else { return nil }
        switch value {
        case .strings(let elements)?:
            return elements.min { $0.lexicographicallyPrecedes($1) }.map { .string($0) }
        case .numbers(let elements)?: return elements.min().map { .number($0) }
        case .binaries(let elements)?:
            return elements.min { $0.lexicographicallyPrecedes($1) }.map { .binary($0) }
        case .list(let values)?:
            return values.first { [.string, .number, .binary].contains($0.type) }
        default: return nil
        }
    }
}
