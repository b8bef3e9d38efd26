/// What `AttributeUpdates` does with one attribute.
public struct LegacyUpdate: Sendable {
    /// The values of `Action`.
    public enum Action: String, Sendable {
        /// Sets the attribute.
        case put = "PUT"
        /// Removes the attribute, or elements from a set.
        case delete = "DELETE"
        /// Adds to a number, elements to a set or list; a missing attribute gets the value.
        case add = "ADD"
    }

    fileprivate let action: Update.Action

    /// An action on the attribute `name`.
    ///
    /// Refuses types that the action does not take (mhart/dynalite, test/updateItem.js, which ran against the service).
    public init(_ name: String, _ action: Action, _ value: AttributeValue?) throws(ExpressionError) {
        let path = DocumentPath(attribute: try .attributeName(name))
        let change: Update.Change
        switch (action, value) {
        case (.delete, nil):
            change = .remove
        case (_, nil):
            throw .invalidParameter("Only DELETE action is allowed when no attribute value is specified")
        case (.put, let value?):
            change = .set(.value(value))
        case (.delete, let value?):
            guard value.type.isSet else {
                throw .invalidParameter("DELETE action with value is not supported for the type \(value.type.rawValue)")
            }
            change = .delete(value)
        case (.add, let value?) where value.type == .list:
            change = .set(.listAppend(.ifNotExists(path, .value(.list([]))), .value(value)))
        case (.add, let value?):
            guard value.type == .number || value.type.isSet else {
                throw .invalidParameter("ADD action is not supported for the type \(value.type.rawValue)")
            }
            change = .add(value)
        }
        self.action = Update.Action(path: path, change: change)
    }
}

extension Update {
    /// `AttributeUpdates`, whose names are distinct.
    public init(_ updates: [LegacyUpdate]) throws(ExpressionError) {
        actions = updates.map(\.action)
        projection = try Projection(paths: actions.map(\.path), kind: .update)
        mismatch = ExpressionError("Type mismatch for attribute to update")
    }
}

extension AttributeType {
    fileprivate var isSet: Bool { self == .stringSet || self == .numberSet || self == .binarySet }
}
