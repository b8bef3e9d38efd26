/// Finds what a misspelt word may have meant.
enum Similarity {
    /// The candidate nearest to `word`, when it is near enough to be meant.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let lowered = plain(word)
        let best = candidates.map { (name: $0, distance: distance(lowered, plain($0))) }.min {
            $0.distance < $1.distance
        }
        guard let best, best.distance <= max(1, lowered.count / 3), best.distance < lowered.count else { return nil }
        return best.name
    }

    /// "did you mean 'x'?", or "known are a, b, c".
    static func remedy(for word: String, among candidates: [String]) -> String {
        if let near = nearest(to: word, among: candidates) { return "did you mean '\(near)'?" }
        return candidates.isEmpty ? "there is none" : "known are \(candidates.joined(separator: ", "))"
    }

    private static func plain(_ word: String) -> [Character] {
        word.prefix(64).lowercased().map { $0 == "-" ? "_" : $0 }
    }

    /// Optimal string alignment: Levenshtein's edit distance in which two neighbours that changed places count once.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
