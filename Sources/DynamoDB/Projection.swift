/// Which parts of an item a read asks for, by ProjectionExpression or AttributesToGet.
///
/// What DynamoDB would refuse, or might, is refused here: such a request belongs upstream, which words the error.
public struct Projection: Sendable {
    let tree: ProjectionTree

    /// Parses a ProjectionExpression and the ExpressionAttributeNames it uses, with DynamoDB's checks in its order.
    ///
    /// That is: names, size, syntax, reserved words and indexes, undefined names and depth, overlaps, unused names.
    /// `expression` is the contents of the JSON string, between its quotes, escapes included; `names` is the raw JSON
    /// object, if the request has one.
    public static func parse(
        expression: UnsafeRawBufferPointer,
        names: UnsafeRawBufferPointer?
    ) throws(ExpressionError) -> Projection {
        let kind = ExpressionKind.projection
        var attributeNames = ExpressionAttributeNames()
        if let names = unsafe names { attributeNames = try unsafe ExpressionAttributeNames(names) }
        var parser = try ExpressionParser(unsafe JSONText.unescaped(expression), kind: kind)
        let syntax = try parser.projection()
        for path in syntax { try path.checkWords(kind) }
        var paths: [DocumentPath] = []
        for path in syntax { paths.append(try DocumentPath(path, names: &attributeNames, kind: kind)) }
        let tree = try tree(of: paths, kind: kind)
        try attributeNames.checkAllUsed()
        return Projection(tree: tree)
    }

    /// Parses AttributesToGet: names of top-level attributes, taken as they are.
    ///
    /// `list` is the raw JSON array.
    public static func parse(attributesToGet list: UnsafeRawBufferPointer) throws(ExpressionError) -> Projection {
        guard let names = try? unsafe strings(list) else {
            throw ExpressionError("AttributesToGet is not a list of strings")
        }
        guard !names.isEmpty else {
            throw ExpressionError(
                "1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: "
                    + "Member must have length greater than or equal to 1"
            )
        }
        guard names.count <= maximumAttributesToGet,
            names.allSatisfy({ (1...ExpressionAttributeNames.maximumNameCount).contains($0.count) })
        else {
            throw ExpressionError("AttributesToGet is out of bounds")
        }
        do {
            return Projection(tree: try ProjectionTree(names.map { [.attribute($0)] }))
        } catch {
            throw ExpressionError(
                "One or more parameter values were invalid: Duplicate value in attribute name: "
                    + String(decoding: names[error.positions.0], as: UTF8.self)
            )
        }
    }

    /// Names in AttributesToGet (API reference, GetItem).
    private static let maximumAttributesToGet = 255

    private static func strings(_ list: UnsafeRawBufferPointer) throws(RequestError) -> [[UInt8]] {
        var reader = unsafe JSONReader(list)
        var strings: [[UInt8]] = []
        try reader.beginArray()
        while try reader.nextElement() {
            strings.append(unsafe JSONText.unescaped(try reader.string().range.slice(of: list)))
        }
        try reader.finish()
        return strings
    }

    private static func tree(of paths: [DocumentPath], kind: ExpressionKind) throws(ExpressionError) -> ProjectionTree {
        do {
            return try ProjectionTree(paths.map(\.elements))
        } catch {
            let (one, two) = error.positions
            throw kind.error(
                "Two document paths \(error.kind.rawValue) with each other; must remove or rewrite one of these paths; "
                    + "path one: \(paths[one]), path two: \(paths[two])"
            )
        }
    }
}
