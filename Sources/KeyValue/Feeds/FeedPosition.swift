/// A place in a store's feed of changes, from which it can be read on. Opaque, and valid for as long as its store exists:
/// across restarts and in another process, unless the store no longer keeps what came after it.
public struct FeedPosition: Hashable, Sendable {
    /// The bytes, for keeping it elsewhere; at most 64 KiB.
    public let bytes: [UInt8]

    /// A position from kept bytes. They are checked when the position is used.
    public init(bytes: [UInt8]) { self.bytes = bytes }
}
