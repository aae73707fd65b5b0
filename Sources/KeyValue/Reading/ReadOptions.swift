/// How `get` and the counts read.
public struct ReadOptions: Hashable, Sendable {
    /// Whether tombstones are shown. They are hidden unless asked for.
    public var includesTombstones: Bool

    /// Live records only, unless said otherwise.
    public init(includesTombstones: Bool = false) {
        self.includesTombstones = includesTombstones
    }
}
