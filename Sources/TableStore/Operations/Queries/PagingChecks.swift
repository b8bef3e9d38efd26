import DynamoDB

/// Checks of a Query or Scan that come after those of the legacy parameters and before the expressions are parsed
/// (mhart/dynalite, validations/query.js and scan.js).
enum PagingChecks {
    /// Checks the values of `ExclusiveStartKey`, a Scan's segments, and that a Query has a key condition.
    static func check(_ members: Members, for operation: DynamoDB.Operation) throws(ErrorReply) {
        if let failure = members.attributeMap("ExclusiveStartKey")?.failure {
            let message = failure.message(operation.attributeValueWording)
            throw .validation(hasPrefix(message) ? "The provided starting key is invalid: " + message : message)
        }
        if operation == .scan {
            _ = try Segment(members)
        } else if !members.has("KeyConditions"), !members.has("KeyConditionExpression") {
            throw .validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        }
    }

    /// Whether the service says of a value's failure that the starting key is invalid; of numbers and duplicates it does
    /// not (mhart/dynalite, test/query.js, which ran against the service).
    private static func hasPrefix(_ failure: String) -> Bool {
        failure.hasPrefix("Supplied AttributeValue") || failure.hasPrefix("Nesting Levels")
            || ["Null attribute value", "An string set  may not be empty", "Binary sets should not be empty"]
                .contains { failure.hasPrefix("One or more parameter values were invalid: " + $0) }
    }
}

/// The part of a table that one worker of a parallel scan reads.
struct Segment: Sendable, Equatable {
    private static let slotCount: Int64 = 1 << 32

    var number = 0
    var total = 1

    /// The slots of the segment; nil when it has none, as there are fewer slots than segments.
    ///
    /// Segments are of one size, but for one slot.
    var slots: ClosedRange<Int64>? {
        guard total > 1, number >= 0, number < total else { return 0...(Self.slotCount - 1) }
        let first = start(of: number)
        let next = start(of: number + 1)
        return first < next ? first...(next - 1) : nil
    }

    /// The first slot at or above the fraction of all slots; neither factor has more than 32 bits.
    private func start(of number: Int) -> Int64 {
        guard number < total, let part = Int32(exactly: number), let whole = Int32(exactly: total) else {
            return Self.slotCount
        }
        return (Int64(part) * Self.slotCount + Int64(whole) - 1) / Int64(whole)
    }
}

extension Segment {
    /// The whole table when the request names no segment.
    init(_ members: Members) throws(ErrorReply) {
        self.init()
        switch (members.integer("Segment"), members.integer("TotalSegments")) {
        case (nil, nil):
            break
        case (_?, nil):
            throw .validation(
                "The TotalSegments parameter is required but was not present in the request "
                    + "when Segment parameter is present"
            )
        case (nil, _?):
            throw .validation(
                "The Segment parameter is required but was not present in the request "
                    + "when parameter TotalSegments is present"
            )
        case (let number?, let total?):
            guard number < total else {
                throw .validation(
                    "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                        + "Segment: \(number) is not less than TotalSegments: \(total)"
                )
            }
            (self.number, self.total) = (number, total)
        }
    }
}
