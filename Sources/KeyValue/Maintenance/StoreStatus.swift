/// What an opened store tells of itself, for `stat` and for logs. It holds no secrets and no stored bytes.
public struct StoreStatus: Hashable, Sendable {
    /// One named fact.
    public struct Fact: Hashable, Sendable {
        /// What it is, in words of the field.
        public let name: String
        /// How it is.
        public let value: String

        /// A fact from its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What an acknowledged write survives with the settings that are in force now, as read back from the store.
    public var durability: Durability
    /// The version of the layout of the stored bytes.
    public var format: Int
    /// The settings and figures worth knowing, in the order in which they are to be shown.
    public var facts: [Fact]
    /// What an operator should act on.
    public var warnings: [String]

    /// A status from its parts.
    public init(durability: Durability, format: Int, facts: [Fact], warnings: [String] = []) {
        self.durability = durability
        self.format = format
        self.facts = facts
        self.warnings = warnings
    }
}
