import DynamoDB

/// `TableClass`.
enum TableClassRequest {
    private static let classes = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]

    static func checked(_ members: Members) throws(ErrorReply) -> String? {
        guard let name = members.string("TableClass") else { return nil }
        guard classes.contains(name) else {
            throw .validation(
                "Invalid table-class parameter provided. Please try again with a valid table-class value: "
                    + "[\(classes.joined(separator: ", "))]."
            )
        }
        return name
    }
}
