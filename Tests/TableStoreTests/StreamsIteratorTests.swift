import DynamoDB
import Testing

@testable import TableStore

@Suite struct StreamsIteratorTests {
    private static func names(_ records: [JSON]) -> [String] {
        records.compactMap { $0["dynamodb"]?["Keys"]?["c"]?["S"]?.string }
    }

    private static func numbers(_ records: [JSON]) -> [String] {
        records.compactMap { $0["dynamodb"]?["SequenceNumber"]?.string }
    }

    @Test func iteratorsBeginWhereTheyAreAskedTo() throws {
        let fixture = try StreamFixture()
        let read = { (type: String, more: String) in
            Self.names(try fixture.store.records(from: fixture.iterator(type, more)).records)
        }
        let early = try fixture.iterator("LATEST")
        for name in ["1", "2", "3"] {
            fixture.store.now += 1500
            try fixture.put(name)
        }
        let numbers = try Self.numbers(fixture.records())
        let start = try #require(
            try fixture.describe()?["Shards"]?[0]?["SequenceNumberRange"]?["StartingSequenceNumber"]?.string
        )
        #expect(try read("TRIM_HORIZON", "") == ["1", "2", "3"])
        #expect(try read("LATEST", "") == [])
        #expect(try Self.names(fixture.store.records(from: early).records) == ["1", "2", "3"])
        #expect(try read("AT_SEQUENCE_NUMBER", #","SequenceNumber":"\#(start)""#) == ["1", "2", "3"])
        #expect(try read("AFTER_SEQUENCE_NUMBER", #","SequenceNumber":"\#(start)""#) == ["1", "2", "3"])
        #expect(try read("AT_SEQUENCE_NUMBER", #","SequenceNumber":"\#(numbers[1])""#) == ["2", "3"])
        #expect(try read("AFTER_SEQUENCE_NUMBER", #","SequenceNumber":"\#(numbers[1])""#) == ["3"])
        #expect(try read("AFTER_SEQUENCE_NUMBER", #","SequenceNumber":"\#(numbers[2])""#) == [])
        // Times of the three: 1700000001.623, 1700000003.123, 1700000004.623.
        #expect(try read("AT_TIMESTAMP", #","Timestamp":0"#) == ["1", "2", "3"])
        #expect(try read("AT_TIMESTAMP", #","Timestamp":1700000002"#) == ["2", "3"])
        #expect(try read("AT_TIMESTAMP", #","Timestamp":1700000003.123"#) == ["2", "3"])
        #expect(try read("AT_TIMESTAMP", #","Timestamp":1.700000003124e9"#) == ["3"])
    }

    @Test func readingGoesOnWhereItEnded() throws {
        let fixture = try StreamFixture()
        var next: String? = try fixture.iterator("TRIM_HORIZON")
        var seen: [String] = []
        for name in ["1", "2", "3"] {
            try fixture.put(name)
            let reply = try fixture.store.records(from: #require(next), limit: 1)
            seen += Self.names(reply.records)
            next = reply.next
        }
        let reply = try fixture.store.records(from: #require(next))
        #expect(seen == ["1", "2", "3"] && reply.records.isEmpty && reply.next != nil)
    }

    /// scylladb/scylladb, test/alternator/test_streams.py, which runs against the service.
    @Test func wrongRequestsAreRefused() throws {
        let fixture = try StreamFixture()
        try fixture.put()
        let number = try #require(try Self.numbers(fixture.records()).first)
        let invalid = { (request: String, message: String) in
            fixture.store.expectError("GetShardIterator", request, "ValidationException", message)
        }
        let parameters = "One or more parameter values were invalid: "
        for type in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            invalid(
                fixture.request(type),
                parameters + "SequenceNumber must be specified when ShardIteratorType is \(type)"
            )
            let letters = String(repeating: "a", count: 30)
            invalid(fixture.request(type, #","SequenceNumber":"\#(letters)""#), "Invalid SequenceNumber: \(letters)")
            let future = "10" + String(repeating: "9", count: 18) + "0"
            #expect(throws: ErrorReply.self) {
                try fixture.iterator(type, #","SequenceNumber":"\#(future)""#)
            }
        }
        for type in ["TRIM_HORIZON", "LATEST"] {
            invalid(
                fixture.request(type, #","SequenceNumber":"\#(number)""#),
                parameters + "SequenceNumber must not be specified when ShardIteratorType is \(type)"
            )
        }
        invalid(
            fixture.request("AT_TIMESTAMP"),
            parameters + "Timestamp must be specified when ShardIteratorType is AT_TIMESTAMP"
        )
        invalid(
            fixture.request("AT_TIMESTAMP", #","Timestamp":1700000000.124"#),
            parameters + "Timestamp is in the future"
        )
        invalid(fixture.request("AT_TIMESTAMP", #","Timestamp":1e300"#), parameters + "Timestamp is in the future")

        let unknown = String(repeating: "s", count: 40)
        fixture.store.expectError(
            "GetShardIterator",
            #"{"StreamArn":"\#(fixture.arn)","ShardId":"\#(unknown)","ShardIteratorType":"LATEST"}"#,
            "ResourceNotFoundException",
            "Requested resource not found: Shard does not exist"
        )
        for (operation, member) in [
            ("GetShardIterator", #","ShardId":"\#(fixture.shard)","ShardIteratorType":"LATEST""#),
            ("DescribeStream", ""),
        ] {
            fixture.store.expectError(
                operation,
                #"{"StreamArn":"\#(unknown)"\#(member)}"#,
                "ValidationException",
                "Invalid StreamArn: \(unknown)"
            )
            let gone = fixture.arn.dropLast() + "x"
            fixture.store.expectError(
                operation,
                #"{"StreamArn":"\#(gone)"\#(member)}"#,
                "ResourceNotFoundException",
                "Requested resource not found: Stream: \(gone) not found"
            )
        }
        fixture.store.expectError(
            "ListStreams",
            #"{"ExclusiveStartStreamArn":"\#(unknown)"}"#,
            "ValidationException",
            "Invalid StreamArn: \(unknown)"
        )
        for text in ["no iterator", "\(fixture.arn)|1|-1|0", "\(fixture.arn)|1|99999999999999999999|0"] {
            fixture.store.expectError(
                "GetRecords",
                #"{"ShardIterator":"\#(text)"}"#,
                "ValidationException",
                "Invalid ShardIterator"
            )
        }
    }

    @Test(arguments: [("GetRecords", 1000), ("ListStreams", 100), ("DescribeStream", 100)])
    func limitsAreBounded(operation: String, most: Int) throws {
        let fixture = try StreamFixture()
        let iterator = try fixture.iterator("LATEST")
        let request = { (limit: Int) in
            switch operation {
            case "GetRecords": #"{"ShardIterator":"\#(iterator)","Limit":\#(limit)}"#
            case "ListStreams": #"{"Limit":\#(limit)}"#
            default: #"{"StreamArn":"\#(fixture.arn)","Limit":\#(limit)}"#
            }
        }
        try fixture.store.call(operation, request(most))
        for (limit, bound) in [(0, "greater than or equal to 1"), (most + 1, "less than or equal to \(most)")] {
            fixture.store.expectError(
                operation,
                request(limit),
                "ValidationException",
                "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
                    + "Member must have value \(bound)"
            )
        }
    }

    @Test func iteratorsExpire() throws {
        let fixture = try StreamFixture()
        try fixture.put()
        let iterator = try fixture.iterator("TRIM_HORIZON")
        fixture.store.now += 900_000
        #expect(try fixture.store.records(from: iterator).records.count == 1)
        fixture.store.now += 1
        fixture.store.expectError(
            "GetRecords",
            #"{"ShardIterator":"\#(iterator)"}"#,
            "ExpiredIteratorException",
            "The provided iterator exceeds the maximum age allowed."
        )
    }

    @Test func recordsAreTrimmedAfterADay() throws {
        let fixture = try StreamFixture()
        try fixture.put("1")
        let old = try #require(try Self.numbers(fixture.records()).first)
        fixture.store.now += 43_200_000
        try fixture.put("2")
        fixture.store.now += 43_200_000
        try fixture.store.keepHouse()
        #expect(try Self.names(fixture.records()) == ["1", "2"])
        fixture.store.now += 1
        #expect(try !fixture.store.keepHouse())
        #expect(try Self.names(fixture.records()) == ["2"])
        for type in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            fixture.store.expectError(
                "GetShardIterator",
                fixture.request(type, #","SequenceNumber":"\#(old)""#),
                "TrimmedDataAccessException",
                "The data you are trying to access has been trimmed"
            )
        }
    }

    @Test func trimmingKeepsUpWithManyRecords() throws {
        let fixture = try StreamFixture("KEYS_ONLY")
        for number in 0..<250 { try fixture.put("\(number)") }
        fixture.store.now += TableStream.retention + 1
        var calls = 1
        while try fixture.store.keepHouse() { calls += 1 }
        #expect(try fixture.records().isEmpty && calls == 3)
    }
}
