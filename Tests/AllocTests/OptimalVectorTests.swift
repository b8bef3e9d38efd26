import Alloc
import Foundation
import Testing

/// The policy against the cases whose optimum was found exhaustively.
@Suite struct OptimalVectorTests {
    private struct File: Decodable { var cases: [Case] }

    private struct Case: Decodable {
        struct Optimum: Decodable {
            enum CodingKeys: String, CodingKey { case ratio = "lambda_opt" }
            var ratio: Double
        }
        var optimum: Optimum
    }

    @Test func reachesTheExhaustivelyFoundOptima() throws {
        let name = "hare-optimum.json"
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: folder.appending(path: "Fixtures/vectors/\(name)"))
        let optima = try JSONDecoder().decode(File.self, from: file).cases.map(\.optimum.ratio)
        let cases = try ReferenceCases.read(name)
        #expect(cases.count == 20 && optima.count == 20)
        for (example, optimum) in zip(cases, optima) {
            let profiles = example.profiles.map { profile in
                var profile = profile
                profile.floor.cacheBytes = example.parameters.minimumCache
                return profile
            }
            let allocation = OptimalPolicy().allocate(profiles)
            let ratio = profiles.leastRatio(allocation)
            #expect(ratio >= 0.999 * optimum, "\(example.id): \(ratio / optimum)")
            #expect(abs(ratio - 1 - allocation.improvement) < 1e-9, "\(example.id)")
            OptimalCheck.isSound(allocation, of: profiles, example.id)
        }
    }
}
