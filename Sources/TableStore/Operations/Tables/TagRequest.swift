import DynamoDB

/// Tags in requests, with DynamoDB's checks.
enum TagRequest {
    private static let maximumCount = 50
    private static let keyLength = 1...128
    private static let maximumValueLength = 256

    /// The tags of `list` added to those there are: a key that is there already gets the new value.
    static func tags(
        _ list: [Members],
        addedTo old: [TableDefinition.Tag]
    ) throws(ErrorReply) -> [TableDefinition.Tag] {
        var added: [TableDefinition.Tag] = []
        var keys: Set<String> = []
        for members in list {
            let key = try checkedKey(members.string("Key"))
            let value = members.string("Value")
            guard let value, value.unicodeScalars.count <= maximumValueLength, isTagText(value) else {
                throw .validation("The Tag Value provided is invalid, Value: \(value ?? "null")")
            }
            guard keys.insert(key).inserted else {
                throw .validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found \(key)")
            }
            added.append(TableDefinition.Tag(key: key, value: value))
        }
        guard added.count <= maximumCount else { throw tooMany }
        var tags = old
        for tag in added {
            if let index = tags.firstIndex(where: { $0.key == tag.key }) {
                tags[index] = tag
            } else {
                tags.append(tag)
            }
        }
        guard tags.count <= maximumCount else { throw tooMany }
        return tags
    }

    /// Keys of tags to be removed.
    static func keys(_ keys: [String]) throws(ErrorReply) -> Set<String> {
        guard keys.count <= maximumCount else { throw tooMany }
        for key in keys { _ = try checkedKey(key) }
        return Set(keys)
    }

    private static let tooMany = ErrorReply.validation(
        "Number of Tags exceed the current limit for the provided ResourceArn"
    )

    private static func checkedKey(_ key: String?) throws(ErrorReply) -> String {
        guard let key, keyLength.contains(key.unicodeScalars.count), isTagText(key) else {
            throw .validation("The Tag Key provided is invalid, Key: \(key ?? "null")")
        }
        guard !key.hasPrefix("aws:") else {
            throw .validation("Tag Key cannot be prefixed with aws:, Key: \(key)")
        }
        return key
    }

    /// Letters, digits and spaces of any script, and `+ - = . _ : / @`.
    private static func isTagText(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "+", "-", "=", ".", "_", ":", "/", "@": return true
            default: break
            }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber, .spaceSeparator:
                return true
            default: return false
            }
        }
    }
}
