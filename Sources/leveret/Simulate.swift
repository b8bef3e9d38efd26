import ArgumentParser
import Foundation
import Simulation

/// `leveret simulate`: what each policy would give to whom.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Tell what each policy would give to whom.",
        discussion: """
            Reads tenants, their shares, demands and miss-ratio curves from a JSON file, and tells for each policy what \
            every tenant would get and how fast it would be, compared with its share alone. With --cases the file has \
            many sets of tenants in the format of HARE's test vectors, each divided by its own policy or by --policy. \
            docs/simulate.md explains both.

            Exit code 1: the file, or a case in it, can't be used; 64: wrong usage.
            """
    )

    @Argument(
        help: ArgumentHelp("The tenants, JSON; - for standard input.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var file: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A file of cases in place of <file>; - for standard input.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var cases: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The policy to ask, in place of all or of each case's own.", valueName: "name")
    )
    var policy: PolicyArgument?

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    /// A policy's name on the command line.
    struct PolicyArgument: ExpressibleByArgument {
        let policy: SimulatedPolicy

        init?(argument: String) {
            guard let policy = SimulatedPolicy(rawValue: argument) else { return nil }
            self.policy = policy
        }

        static var allValueStrings: [String] { SimulatedPolicy.allCases.map(\.rawValue) }
    }

    func validate() throws {
        if file == nil, cases == nil { throw ValidationError("Missing expected argument '<file>'") }
        if file != nil, cases != nil { throw ValidationError("give either <file> or --cases <file>") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        do {
            if let cases {
                try run(cases: cases)
            } else if let file {
                let simulation = try Simulation(
                    path: file,
                    policies: policy.map { name in [name.policy] } ?? SimulatedPolicy.shown
                )
                write(json ? simulation.json : simulation.table)
            }
        } catch let error as SimulationError {
            StandardError.write("leveret: \(error)")
            throw ExitCode(1)
        }
    }

    private func run(cases: String) throws {
        let run = try CaseRun(path: cases, policy: policy?.policy)
        write(json ? run.json : run.table)
        guard run.failures.isEmpty else {
            for failure in run.failures { StandardError.write("leveret: \(failure)") }
            throw ExitCode(1)
        }
    }

    private func write(_ text: String) {
        // Whoever closed the pipe has read enough.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}
