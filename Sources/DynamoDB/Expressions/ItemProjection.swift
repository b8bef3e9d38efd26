extension Projection {
    /// Parses a ProjectionExpression, given as UTF-8, of a request with other expressions.
    public init(parsing expression: [UInt8], attributes: inout ExpressionAttributes) throws(ExpressionError) {
        let kind = ExpressionKind.projection
        var parser = try ExpressionParser(expression, kind: kind)
        let syntax = try parser.projection()
        for path in syntax { try path.checkWords(kind) }
        var paths: [DocumentPath] = []
        for path in syntax { paths.append(try DocumentPath(path, names: &attributes.names, kind: kind)) }
        try self.init(paths: paths, kind: kind)
    }

    /// The projection that takes these paths.
    init(paths: [DocumentPath], kind: ExpressionKind) throws(ExpressionError) {
        do {
            tree = try ProjectionTree(paths.map(\.elements))
        } catch {
            throw kind.clash(error.kind, paths[error.positions.0], paths[error.positions.1])
        }
    }
}

extension ExpressionKind {
    /// Two paths that do not go together.
    func clash(_ clash: ProjectionTree.Clash.Kind, _ one: DocumentPath, _ other: DocumentPath) -> ExpressionError {
        error(
            "Two document paths \(clash.rawValue) with each other; must remove or rewrite one of these paths; "
                + "path one: \(one), path two: \(other)"
        )
    }
}

extension AttributeMap {
    /// The parts of an item that a projection asks for.
    public func projected(by projection: Projection) -> Item {
        guard case .map(let members)? = projection.tree.part(of: .map(self)) else { return Item() }
        return members
    }
}

extension ProjectionTree {
    /// What the tree takes of a value; nil for nothing.
    ///
    /// Recursion ends with the longest path.
    fileprivate func part(of value: AttributeValue) -> AttributeValue? {
        switch (self, value) {
        case (.all, _):
            return value
        case (.members(let wanted), .map(let members)):
            var parts = AttributeMap()
            for member in wanted {
                if let value = members[member.name] { parts[member.name] = member.tree.part(of: value) }
            }
            return parts.isEmpty ? nil : .map(parts)
        case (.elements(let wanted), .list(let values)):
            let parts = wanted.compactMap { element in
                values.indices.contains(element.index) ? element.tree.part(of: values[element.index]) : nil
            }
            return parts.isEmpty ? nil : .list(parts)
        default:
            return nil
        }
    }
}
