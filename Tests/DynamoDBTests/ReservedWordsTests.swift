import Testing

@testable import DynamoDB

@Suite struct ReservedWordsTests {
    @Test func countIsTheDeveloperGuides() {
        #expect(ReservedWords.words.count == 573)
    }

    @Test(arguments: [
        "ABORT", "abort", "Name", "STATUS", "tTl", "FLATTERN", "INNTER", "LOGED", "zone", "LOCALTIMESTAMP",
    ])
    func reserved(word: String) {
        #expect(ReservedWords.contains(word.utf8))
    }

    @Test(arguments: ["", "id", "pk", "ABORTED", "abor", "name_", "n\u{E4}me", "LOCALTIMESTAMPS", "\u{0}name"])
    func free(word: String) {
        #expect(!ReservedWords.contains(word.utf8))
    }
}
