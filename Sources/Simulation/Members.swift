import Foundation

/// The members of a JSON object, with problems told as people write paths.
struct Members {
    private let container: KeyedDecodingContainer<Name>
    let decoder: any Decoder

    /// Any member name.
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// Refuses names other than the known ones, if those are given.
    init(_ decoder: any Decoder, known: [String]? = nil) throws {
        self.decoder = decoder
        container = try decoder.container(keyedBy: Name.self)
        guard let known, let other = container.allKeys.map(\.stringValue).filter({ !known.contains($0) }).min() else {
            return
        }
        let choices = known.joined(separator: ", ")
        throw problem(other, "unknown; known are \(choices)")
    }

    func contains(_ name: String) -> Bool { container.contains(Name(name)) }

    func required<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        try placing(name) { try container.decode(type, forKey: Name(name)) }
    }

    /// Nil also for `null`.
    func optional<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        try placing(name) { try container.decodeIfPresent(type, forKey: Name(name)) }
    }

    /// A list of numbers.
    func numbers<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> [Value] {
        do {
            return try container.decode([Value].self, forKey: Name(name))
        } catch  where Problem.isUnplaced(error) {
            var list = try container.nestedUnkeyedContainer(forKey: Name(name))
            while !list.isAtEnd {
                let place = "\(place(name))[\(list.currentIndex)]"
                do {
                    _ = try list.decode(Value.self)
                } catch  where Problem.isUnplaced(error) {
                    throw Problem(place: place, text: Problem.unplaced(error))
                }
            }
            throw Problem(place: place(name), text: Problem.unplaced(error))
        }
    }

    /// Adds the place to errors that have none.
    private func placing<Value>(_ name: String, _ decode: () throws -> Value) throws -> Value {
        do {
            return try decode()
        } catch  where Problem.isUnplaced(error) {
            throw Problem(place: place(name), text: Problem.unplaced(error))
        }
    }

    func problem(_ name: String, _ text: String) -> Problem {
        Problem(place: place(name), text: text)
    }

    func place(_ name: String) -> String { Self.place(decoder.codingPath + [Name(name)]) }

    /// `tenants[1].curve`: indices in brackets.
    static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { place, key in
            if let index = key.intValue { return "\(place)[\(index)]" }
            return place.isEmpty ? key.stringValue : "\(place).\(key.stringValue)"
        }
    }
}

extension Problem {
    /// What a decoder has thrown.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case DecodingError.keyNotFound(let key, let context):
            self.init(place: Members.place(context.codingPath + [key]), text: "missing")
        case DecodingError.valueNotFound(let type, let context):
            self.init(place: Members.place(context.codingPath), text: "null where \(Self.name(type)) belongs")
        case DecodingError.typeMismatch(let type, let context):
            self.init(place: Members.place(context.codingPath), text: "\(Self.name(type)) belongs here")
        case DecodingError.dataCorrupted(let context):
            let reason = context.underlyingError.map { error in Self.unplaced(error) }
            self.init(place: Members.place(context.codingPath), text: reason ?? context.debugDescription)
        default: self.init(place: "", text: Self.unplaced(error))
        }
    }

    /// Whether an error does not tell where it belongs: the decoder's own about numbers.
    static func isUnplaced(_ error: any Error) -> Bool { !(error is Problem || error is DecodingError) }

    /// What can be said of such an error.
    static func unplaced(_ error: any Error) -> String {
        let text = "\(error)"
        if text.hasPrefix("numberIsNotRepresentable") {
            let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
            let number = parts.count > 1 ? parts[1] : "the number"
            return
                "\(number.count > 40 ? number.prefix(37) + "..." : number) is too large, or not whole where it must be"
        }
        return text
    }

    private static func name(_ type: any Any.Type) -> String {
        switch type {
        case is Double.Type: "a number"
        case is Int.Type: "a whole number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "\(type)".hasPrefix("Dictionary") ? "an object" : "another value"
        }
    }
}
