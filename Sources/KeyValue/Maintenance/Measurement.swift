/// A number that a store tells of itself, and how far it can be trusted.
public struct Measurement: Hashable, Sendable {
    /// How far the number can be trusted.
    public enum Accuracy: String, Hashable, Sendable {
        /// Every row was counted. Under writes, each at some moment between call and return.
        case exact
        /// The store's own estimate.
        case estimated
    }

    /// The number.
    public let value: Int
    /// How far it can be trusted.
    public let accuracy: Accuracy

    /// A number from its parts.
    public init(_ value: Int, _ accuracy: Accuracy) {
        self.value = value
        self.accuracy = accuracy
    }
}
