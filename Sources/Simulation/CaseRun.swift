public import Alloc
import JSON

/// Cases of the reference's test vectors, each divided by a policy.
public struct CaseRun: Sendable {
    /// One case.
    public struct Line: Sendable {
        /// What the case calls itself; `#` and its place in the file where it has no name.
        public var id: String
        /// What was asked, and the answer; or why there is none.
        public var result: Swift.Result<Answer, CaseError>
    }

    /// Why a case has no answer.
    public struct CaseError: Error, Sendable {
        /// What is wrong and where in the case.
        public var problem: String
    }

    /// What a policy made of a case.
    public struct Answer: Sendable {
        /// Whose it is.
        public var policy: SimulatedPolicy
        /// Who gets what.
        public var allocation: Allocation
    }

    /// In the file's order.
    public var lines: [Line]

    private let file: String

    /// Why cases have no answer.
    public var failures: [SimulationError] {
        lines.compactMap { line in
            guard case .failure(let error) = line.result else { return nil }
            return SimulationError(file: file, problem: "case \(line.id): \(error.problem)")
        }
    }

    /// Divides each case of a file, by the given policy or its own.
    ///
    /// The file is `{"cases":[...]}`, a list of cases, or one; `-` is standard input.
    public init(path: String, policy: SimulatedPolicy? = nil) throws(SimulationError) {
        file = DocumentReader.name(path)
        lines = try DocumentReader.read(path, as: CaseDocument.self).cases.map { element in
            Line(
                id: element.id,
                result: Self.answer(element, policy).mapError { problem in CaseError(problem: "\(problem)") }
            )
        }
    }

    private static func answer(_ element: CaseElement, _ policy: SimulatedPolicy?) -> Swift.Result<Answer, Problem> {
        element.result.flatMap { one in
            guard let policy = policy ?? one.policy else {
                return .failure(Problem(place: "policy", text: "missing; name one in the case or with --policy"))
            }
            let tenants = policy == .optimal ? one.tenants.keepingTrickle : one.tenants
            let allocation = policy.allocate(tenants.profiles, parameters: tenants.parameters)
            return .success(Answer(policy: policy, allocation: allocation))
        }
    }

    // MARK: - Output

    /// A JSON array, one line for each case.
    public var json: String {
        "[\n" + lines.map { line in line.jsonValue.text }.joined(separator: ",\n") + "\n]\n"
    }

    /// A table for people.
    public var table: String {
        let rows = lines.map { line in
            switch line.result {
            case .success(let answer):
                [
                    line.id, answer.policy.rawValue, "\(answer.allocation.shares.count)",
                    Figures.decimal(answer.allocation.improvement, places: 4),
                ]
            case .failure: [line.id, "-", "-", "-"]
            }
        }
        return Figures.table([["case", "policy", "tenants", "improvement"]] + rows, left: 2)
    }
}

extension CaseRun.Line {
    fileprivate var jsonValue: JSONValue {
        switch result {
        case .success(let answer):
            .object([
                ("id", .string(id)),
                (
                    "alloc",
                    .list(
                        answer.allocation.shares.map { share in
                            .object([
                                ("cache_size", .integer(share.cacheBytes)), ("db_rcu", .number(share.readUnits)),
                                ("db_wcu", .number(share.writeUnits)), ("net_bw", .number(share.egressBytes)),
                            ])
                        }
                    )
                ),
                ("improve_ratio", .number(answer.allocation.improvement)),
            ])
        case .failure(let error): .object([("id", .string(id)), ("error", .string(error.problem))])
        }
    }
}
