import DynamoDB

/// `SSESpecification`.
struct EncryptionRequest: Sendable {
    /// The key, an empty string for the account's own; nil for none but the service's.
    let key: String?

    init(_ members: Members) throws(ErrorReply) {
        let type = members.string("SSEType")
        let key = members.string("KMSMasterKeyId")
        if members.boolean("Enabled") == false {
            if type != nil { throw .invalidParameters("SSEType can not be specified if Enabled is false") }
            if key != nil { throw .invalidParameters("KMSMasterKeyId can not be specified if Enabled is false") }
        }
        if type == "AES256" { throw .invalidParameters("SSEType AES256 is not supported") }
        if key != nil, type == nil {
            throw .invalidParameters("SSEType KMS is required if KMSMasterKeyId is specified")
        }
        let isEnabled = members.boolean("Enabled") ?? (type == "KMS")
        self.key = isEnabled ? (key == "alias/aws/dynamodb" ? "" : key ?? "") : nil
    }
}
