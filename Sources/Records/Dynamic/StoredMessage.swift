/// A message of a record whose generated code this program does not have: its bytes, and its fields by the names that
/// the store's schema gives them.
public struct StoredMessage: Hashable, Sendable {
    /// The encoded message.
    public let bytes: [UInt8]

    /// A message from its bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }
}
