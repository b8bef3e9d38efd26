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

    /// Levenshtein's edit distance, one row at a time.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let substitution = diagonal + (left == right ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}
