import DynamoDB

/// `StreamSpecification`.
enum StreamRequest: Sendable {
    case enable(StreamDefinition.View)
    case disable

    /// That of CreateTable.
    init(creating members: Members) throws(ErrorReply) {
        self = try Self.read(
            members,
            missingView: "Table is being created with a stream enabled, UpdateViewType is required",
            needlessView: "Table is being created with a stream disabled, UpdateViewType should not be specified"
        )
    }

    /// That of UpdateTable.
    init(updating members: Members) throws(ErrorReply) {
        self = try Self.read(
            members,
            missingView: "If stream is being enabled then UpdateViewType is required",
            needlessView: "If stream is being disabled, then UpdateViewType must not be specified"
        )
    }

    private static func read(
        _ members: Members,
        missingView: String,
        needlessView: String
    ) throws(ErrorReply) -> StreamRequest {
        let view = members.string("StreamViewType").flatMap(StreamDefinition.View.init)
        if members.boolean("StreamEnabled") == true {
            guard let view else { throw .invalidParameters(missingView) }
            return .enable(view)
        }
        guard view == nil else { throw .invalidParameters(needlessView) }
        return .disable
    }
}
