/// What is wrong with a plan, in one line for whoever wrote it.
public struct PlanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line.
    public var description: String

    /// Makes an error.
    public init(_ description: String) {
        self.description = description
    }
}
