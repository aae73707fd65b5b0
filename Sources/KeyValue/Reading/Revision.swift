/// What a record was when it was read: a token for compare-and-set that never repeats.
///
/// It is opaque, belongs to one key of one opened store, and compares equal only to a token of the same write. A
/// token of another key, of another store, or of an earlier life of the key (deleted and written anew, even with the
/// same value) never satisfies ``Precondition/revision(_:)``. It has no encoding: what is shown to clients or stored
/// is a version of the layer above.
public struct Revision: Hashable, Sendable {
    private let store: StoreIdentity
    private let binding: Int
    private let nonce: UInt64
    private let native: [UInt8]?

    // Where the server has tokens of its own, they tell all that the nonce does, and some ways of reading give them alone.
    public static func == (left: Revision, right: Revision) -> Bool {
        guard left.store == right.store, left.binding == right.binding else { return false }
        return left.native == nil && right.native == nil ? left.nonce == right.nonce : left.native == right.native
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(store)
        hasher.combine(binding)
        if let native { hasher.combine(native) } else { hasher.combine(nonce) }
    }

    /// For stores: the revision of the row at `key` that was written with `nonce`; with the server's own token where
    /// that is what the server compares (an ETag, a `_rev`). Then the nonce may be any where reading did not give it.
    public init(store: StoreIdentity, key: Key, nonce: UInt64, native: [UInt8]? = nil) {
        self.store = store
        self.binding = key.binding
        self.nonce = nonce
        self.native = native
    }

    init(store: StoreIdentity, binding: Int, nonce: UInt64, native: [UInt8]?) {
        self.store = store
        self.binding = binding
        self.nonce = nonce
        self.native = native
    }

    /// For stores: the nonce to compare with, or nil when this revision is of another store or key and therefore
    /// matches nothing.
    public func nonce(at key: Key, in store: StoreIdentity) -> UInt64? {
        self.store == store && binding == key.binding ? nonce : nil
    }

    /// For stores that compare tokens of their server's: the token, under the rule of ``nonce(at:in:)``.
    public func native(at key: Key, in store: StoreIdentity) -> [UInt8]? {
        self.store == store && binding == key.binding ? native : nil
    }

    /// Whether the row was written by the batch with this identifier, in whichever attempt.
    public func isWritten(by id: WriteID) -> Bool { nonce == id.nonce }
}

extension Revision: CustomStringConvertible {
    /// For logs and test reports; says nothing that could be used as a token.
    public var description: String { "revision " + String(nonce, radix: 16) }
}
