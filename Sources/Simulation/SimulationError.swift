/// Why a file can't be simulated, in words for who wrote it.
public struct SimulationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, as it was named.
    public var file: String
    /// What is wrong with it and where.
    public var problem: String

    /// Both in a line.
    public var description: String { "\(file): \(problem)" }
}

/// What is wrong at a place of a document.
struct Problem: Error, CustomStringConvertible {
    /// Such as `tenants[1].curve.sizes[3]`; empty for the whole document.
    var place: String
    var text: String

    var description: String { place.isEmpty ? text : "\(place): \(text)" }
}
