extension Projection {
    /// `AttributesToGet`: names of top-level attributes, taken as they are.
    public init(attributesToGet names: [String]) throws(ExpressionError) {
        var paths: [[DocumentPath.Element]] = []
        for name in names { paths.append([.attribute(try .attributeName(name))]) }
        do {
            tree = try ProjectionTree(paths)
        } catch {
            throw .invalidParameter("Duplicate value in attribute name: \(names[error.positions.0])")
        }
    }
}
