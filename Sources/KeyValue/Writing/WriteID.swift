/// The random number that marks everything one batch writes.
///
/// A store puts it into each row that the batch writes, where it is the heart of the row's ``Revision``. Being random
/// rather than counted, it can't come back after a power loss, a failover or a restored file. Two batches never share
/// one, except a batch and its own resending after an unknown outcome: that is how a writer recognises its own write.
public struct WriteID: Hashable, Sendable {
    /// 64 random bits.
    public let nonce: UInt64

    /// An identifier with these bits, which have to be random.
    public init(nonce: UInt64) { self.nonce = nonce }
}
