import Testing

@testable import DynamoDB

@Suite struct TableNameTests {
    @Test func validates() {
        for name in ["abc", "A-b_c.9", "...", String(repeating: "x", count: 255)] {
            #expect(withBytes(name) { TableName.isValid($0) })
        }
        for name in ["", "ab", "a b", "abc/", "abc:", "äbc", "ab\u{0}", String(repeating: "x", count: 256)] {
            #expect(!withBytes(name) { TableName.isValid($0) })
        }
    }

    @Test(arguments: [
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Music", "Music"),
        ("arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/Music", "Music"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Music/index/ByYear", "Music"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Music/stream/2026-11-21T04:07:24.114450", "Music"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01795234044932-4e5d1fd3", "Music"),
        ("arn:aws:dynamodb::123456789012:global-table/Music", "Music"),
    ])
    func resolvesARNs(_ text: String, _ table: String) {
        #expect(TableARN(text)?.table == table)
        #expect(TableReference(text)?.name == table)
        #expect(TableReference(text)?.arn == text)
    }

    @Test(arguments: [
        "", "Music", "arn:", "arn:aws:dynamodb:us-east-1:123456789012", "arn:aws:dynamodb:us-east-1:123456789012:table",
        "arn:aws:dynamodb:us-east-1:123456789012:table/", "arn:aws:dynamodb:us-east-1:123456789012:table/a b c",
        "arn:aws:s3:us-east-1:123456789012:table/Music", "arn:aws:dynamodb:us-east-1:123456789012:tables/Music",
        "ARN:aws:dynamodb:us-east-1:123456789012:table/Music", "xarn:aws:dynamodb:us-east-1:1:table/Music",
        "arn:aws:dynamodb:us-east-1:123456789012:global-table/Music/x", "arn:aws:dynamodb:us-east-1:1:x:table/Music",
    ])
    func refusesOtherARNs(_ text: String) {
        #expect(TableARN(text) == nil)
    }
}
