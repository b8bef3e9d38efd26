/// Why a trace can't be read or written.
public struct TraceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path, or `standard input`.
    public var file: String
    /// The line, from 1, when one line is to blame.
    public var line: Int?
    /// What is wrong, in words.
    public var problem: String

    /// Makes an error.
    public init(file: String, line: Int? = nil, problem: String) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    /// `FILE: line N: problem`.
    public var description: String {
        line.map { "\(file): line \($0): \(problem)" } ?? "\(file): \(problem)"
    }
}
