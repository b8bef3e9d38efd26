/// Duplicate names anywhere in a text.
enum JSONNames {
    /// Validates the whole of `text` and throws ``RequestError/duplicateMember`` when any object in it has two members
    /// of one name, escaped or not.
    ///
    /// Takes time linear in the text, but for a sort of each large object's hashes.
    static func requireUnique(in text: UnsafeRawBufferPointer) throws(RequestError) {
        var reader = unsafe JSONReader(text)
        var names: [JSONString] = []
        try checkValue(&reader, &names)
        try reader.finish()
    }

    /// Throws ``RequestError/duplicateMember`` when two of `names`, read by `reader`, are the same, escaped or not.
    static func requireUnique(_ names: [JSONString], _ reader: JSONReader) throws(RequestError) {
        try requireUnique(names[...], reader)
    }

    /// Passes over one value with the same checks.
    static func skipUnique(_ reader: inout JSONReader) throws(RequestError) {
        var names: [JSONString] = []
        try checkValue(&reader, &names)
    }

    /// Recursion is bounded by ``JSONReader/maximumDepth``.
    ///
    /// `names` holds the members of all open objects.
    private static func checkValue(_ reader: inout JSONReader, _ names: inout [JSONString]) throws(RequestError) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            let first = names.count
            while let name = try reader.nextMember() {
                names.append(name)
                try checkValue(&reader, &names)
            }
            try requireUnique(names[first...], reader)
            names.removeSubrange(first...)
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try checkValue(&reader, &names) }
        case .string, .number, .true, .false, .null:
            try reader.skipValue()
        }
    }

    private static func requireUnique(_ names: ArraySlice<JSONString>, _ reader: JSONReader) throws(RequestError) {
        if names.count <= 8 {
            for (index, name) in names.enumerated() {
                for other in names.dropFirst(index + 1) where reader.matches(name, other) {
                    throw .duplicateMember
                }
            }
            return
        }
        // The hashes are seeded per process, so that names cannot be chosen to collide.
        let hashed = names.map { (hash: hash(of: $0, reader), name: $0) }.sorted { $0.hash < $1.hash }
        for index in hashed.indices.dropFirst() where hashed[index].hash == hashed[index - 1].hash {
            if reader.matches(hashed[index].name, hashed[index - 1].name) { throw .duplicateMember }
        }
    }

    private static func hash(of name: JSONString, _ reader: JSONReader) -> Int {
        var hasher = Hasher()
        let raw = unsafe name.range.slice(of: reader.bytes)
        if name.isPlain {
            unsafe hasher.combine(bytes: raw)
        } else {
            unsafe JSONText.unescaped(raw).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
        return hasher.finalize()
    }
}
