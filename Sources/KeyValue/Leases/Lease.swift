/// A lease that was held when it was given out.
///
/// A holder may be stopped at any moment and wake up after its lease has ended. What it does then is harmless only if
/// it is refused where it arrives: carry ``token`` along, and let nothing with a smaller token pass.
public struct Lease: Hashable, Sendable {
    /// What was leased.
    public let name: String
    /// The fencing token: larger than that of every earlier holder of this name.
    public let token: UInt64
    /// Until when it holds unless it is renewed, on the clock of the ``StoreEnvironment``.
    public let heldUntil: Duration

    let revision: Revision
}
