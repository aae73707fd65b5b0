/// One of the few places where a store keeps its fence and its marks.
///
/// A bin lies where a batch can reach it in its own atomic write: one bin on a store whose batches reach everywhere,
/// one per slot on a cluster, some items on a store that spreads load. A store lists its own; the names mean nothing
/// to anybody else.
public struct Bin: Hashable, Sendable {
    /// The store's name for it.
    public let name: String

    /// A bin with this name.
    public init(_ name: String) { self.name = name }
}
