/// One thing that the contract of `KeyValueStore` promises, and how to check it.
public struct ConformanceCase: Sendable {
    /// "theme/what-it-asserts", unique among ``all``.
    public let name: String
    /// What the store and its place need to have for the case to apply. All of them.
    public let requirements: [Requirement]
    /// Returns when the promise holds, and throws otherwise: a ``ConformanceFailure``, or the error of a call that
    /// should have succeeded.
    public let check: @Sendable (ConformanceContext) async throws -> Void

    /// A case from its parts.
    public init(
        _ name: String,
        _ requirements: Requirement...,
        check: @escaping @Sendable (ConformanceContext) async throws -> Void
    ) {
        self.name = name
        self.requirements = requirements
        self.check = check
    }

    /// What comes before the slash of the name.
    public var theme: String { String(name.prefix { $0 != "/" }) }
}

extension ConformanceCase: CustomStringConvertible {
    public var description: String { name }
}
