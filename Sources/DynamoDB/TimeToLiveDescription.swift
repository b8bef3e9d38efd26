/// The reply of DescribeTimeToLive.
public struct TimeToLiveDescription: Sendable, Equatable {
    /// The attribute that holds an item's expiry, as UTF-8; nil when time to live is off or going off.
    public let attribute: [UInt8]?

    /// Reads a reply.
    ///
    /// Nil when it is not one.
    public static func parse(_ body: UnsafeRawBufferPointer) -> TimeToLiveDescription? {
        guard let root = unsafe JanssonTree(body)?.value,
            let description = root["TimeToLiveDescription"], description.isObject
        else { return nil }
        let status = description["TimeToLiveStatus"]?.string
        let isOn = status == "ENABLED" || status == "ENABLING"
        return TimeToLiveDescription(
            attribute: isOn ? description["AttributeName"]?.string.map { Array($0.utf8) } : nil
        )
    }
}
