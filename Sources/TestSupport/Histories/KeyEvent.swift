/// What one call did to one key, as its caller saw it. Values are unique numbers; nil is no record.
public struct KeyEvent: Hashable, Sendable {
    /// What the call did.
    public enum Effect: Hashable, Sendable {
        /// Saw this.
        case read(Int?)
        /// Put this, or deleted.
        case write(Int?)
        /// Put the second where the first was.
        case swap(from: Int?, to: Int)
        /// Found a record where it wanted none.
        case found
    }

    /// What it did.
    public var effect: Effect
    /// When it was begun.
    public var began: Int64
    /// When it was over; nil for a write whose outcome nobody knows, which may take effect at any later time, or never.
    public var ended: Int64?

    /// An event from its parts.
    public init(_ effect: Effect, began: Int64, ended: Int64?) {
        self.effect = effect
        self.began = began
        self.ended = ended
    }
}

extension KeyEvent.Effect {
    /// The record after it took effect, nil for none; nil when it could not have been told what it was told.
    func applied(to value: Int?) -> Int?? {
        switch self {
        case .read(let seen): seen == value ? .some(value) : nil
        case .write(let new): .some(new)
        case .swap(let from, let to): from == value ? .some(to) : nil
        case .found: value != nil ? .some(value) : nil
        }
    }
}
