import DynamoDB

@testable import TableStore

/// The expressions of a request, from its JSON.
func expressions(_ operation: DynamoDB.Operation, _ json: String) throws -> RequestExpressions {
    let shape =
        switch operation {
        case .getItem: Shapes.getItem
        case .putItem: Shapes.putItem
        case .updateItem: Shapes.updateItem
        case .deleteItem: Shapes.deleteItem
        case .query: Shapes.query
        default: Shapes.scan
        }
    return try RequestExpressions(Members(Array(json.utf8), as: shape), for: operation)
}

/// The message of the ValidationException that the expressions of a request are refused with; nil when they are not.
func refusal(_ operation: DynamoDB.Operation, _ json: String) -> String? {
    do {
        _ = try expressions(operation, json)
        return nil
    } catch let error as ErrorReply {
        return error.name == "ValidationException" ? error.message : "\(error.name): \(error.message ?? "")"
    } catch {
        return "\(error)"
    }
}
