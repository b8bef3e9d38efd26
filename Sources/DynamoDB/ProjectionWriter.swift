extension Projection {
    /// Appends the projected item, a JSON object, to `output`: attributes in the item's order, values byte for byte,
    /// the taken elements of a list close together.
    ///
    /// `{}` when nothing matched. False, with `output` as it was, when `item` is not a DynamoDB item. Allocates nothing
    /// but room in `output`, unless names in the item have escapes.
    public func apply(item: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        let mark = output.count
        do {
            var reader = unsafe JSONReader(item)
            if case .members(let members) = tree {
                _ = try Self.writeMembers(members, &reader, into: &output)
            }
            try reader.finish()
            return true
        } catch {
            output.removeLast(output.count - mark)
            return false
        }
    }

    /// Reads an object of attribute values and writes what `members` take of it.
    ///
    /// Says whether anything matched.
    private static func writeMembers(
        _ members: [ProjectionTree.Member],
        _ reader: inout JSONReader,
        into output: inout [UInt8]
    ) throws(RequestError) -> Bool {
        var isEmpty = true
        output.append(UInt8(ascii: "{"))
        try reader.beginObject()
        while let name = try reader.nextMember() {
            let raw = unsafe name.range.slice(of: reader.bytes)
            guard let tree = unsafe find(raw, isPlain: name.isPlain, in: members) else {
                try reader.skipValue()
                continue
            }
            let mark = output.count
            if !isEmpty { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            unsafe output.append(contentsOf: raw)
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
            if try write(tree, &reader, into: &output) {
                isEmpty = false
            } else {
                output.removeLast(output.count - mark)
            }
        }
        output.append(UInt8(ascii: "}"))
        return !isEmpty
    }

    /// Reads a list of attribute values and writes what `elements` take of it.
    ///
    /// Says whether anything matched.
    private static func writeElements(
        _ elements: [ProjectionTree.Element],
        _ reader: inout JSONReader,
        into output: inout [UInt8]
    ) throws(RequestError) -> Bool {
        var isEmpty = true
        var (index, next) = (0, 0)
        output.append(UInt8(ascii: "["))
        try reader.beginArray()
        while try reader.nextElement() {
            if next < elements.count, elements[next].index == index {
                let mark = output.count
                if !isEmpty { output.append(UInt8(ascii: ",")) }
                if try write(elements[next].tree, &reader, into: &output) {
                    isEmpty = false
                } else {
                    output.removeLast(output.count - mark)
                }
                next += 1
            } else {
                try reader.skipValue()
            }
            index += 1
        }
        output.append(UInt8(ascii: "]"))
        return !isEmpty
    }

    /// Reads an attribute value, `{"<type>":...}`, and writes what `tree` takes of it.
    ///
    /// Says whether anything matched.
    private static func write(
        _ tree: ProjectionTree,
        _ reader: inout JSONReader,
        into output: inout [UInt8]
    ) throws(RequestError) -> Bool {
        if case .all = tree {
            let range = try reader.skipValue()
            unsafe output.append(contentsOf: range.slice(of: reader.bytes))
            return true
        }
        try reader.beginObject(.attributeValue)
        guard let type = try reader.nextMember() else { throw .malformedJSON }
        var isMatched = false
        switch tree {
        case .members(let members) where reader.matches(type, "M"):
            output.append(contentsOf: "{\"M\":".utf8)
            isMatched = try writeMembers(members, &reader, into: &output)
        case .elements(let elements) where reader.matches(type, "L"):
            output.append(contentsOf: "{\"L\":".utf8)
            isMatched = try writeElements(elements, &reader, into: &output)
        case .all, .members, .elements:
            try reader.skipValue()
        }
        output.append(UInt8(ascii: "}"))
        guard try reader.nextMember() == nil else { throw .malformedJSON }
        return isMatched
    }

    private static func find(
        _ name: UnsafeRawBufferPointer,
        isPlain: Bool,
        in members: [ProjectionTree.Member]
    ) -> ProjectionTree? {
        if isPlain { return unsafe ProjectionTree.find(name, in: members) }
        return unsafe JSONText.unescaped(name).withUnsafeBytes { name in
            unsafe ProjectionTree.find(name, in: members)
        }
    }
}
