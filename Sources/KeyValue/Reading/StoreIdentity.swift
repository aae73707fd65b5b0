/// What tells one opening of one store from every other: 64 random bits, drawn when the store is opened.
///
/// It binds revisions to the opening that gave them out. It never leaves the process and is never stored.
public struct StoreIdentity: Hashable, Sendable {
    /// 64 random bits.
    public let nonce: UInt64

    /// An identity with these bits, which have to be random.
    public init(nonce: UInt64) { self.nonce = nonce }
}
