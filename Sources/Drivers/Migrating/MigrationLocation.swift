public import KeyValue

/// What the URL of a migration says: `migration:NAME?control=URL&source=URL&target=URL`.
///
/// The URLs inside are written as they are, but for `&` and `%`, which are `%26` and `%25` there. The two sides may be
/// left out where only the control store is needed. The control record holds none of these URLs: each process has its
/// own, from its configuration.
public struct MigrationLocation: Hashable, Sendable {
    /// The scheme of such a URL.
    public static let scheme = "migration"

    /// The migration's name.
    public let name: String
    /// The URL of the store that it is controlled from.
    public let control: String
    /// The URL of the store that the records are to leave.
    public let source: String?
    /// The URL of the store that they are to live in.
    public let target: String?
    /// Whether a process that opens the URL as a store hosts the migration; nil to decide by the stores: where one of
    /// them is held by a single process, that process does.
    public let isHosting: Bool?

    /// Reads a URL; throws `StoreError.Code.invalidArgument` that says what is wrong with it.
    public init(_ url: String) throws(StoreError) { try self.init(try StoreLocation(url)) }

    init(_ location: StoreLocation) throws(StoreError) {
        guard location.scheme == MigrationLocation.scheme else {
            throw .invalidArgument(
                "A migration is named by a URL such as migration:files?control=URL&source=URL&target=URL.",
                ["scheme": location.scheme]
            )
        }
        try location.requireOptions(among: ["control", "source", "target", "host"])
        guard location.authority == nil, !location.path.isEmpty, !location.path.hasPrefix("/") else {
            throw .invalidArgument("The name of the migration stands behind migration: and before the question mark.")
        }
        guard let control = location.options["control"], !control.isEmpty else {
            throw .invalidArgument("The URL of a migration needs the option control: the URL of its control store.")
        }
        name = location.path
        self.control = control
        source = location.options["source"]
        target = location.options["target"]
        switch location.options["host"] {
        case nil: isHosting = nil
        case "yes"?: isHosting = true
        case "no"?: isHosting = false
        case let other?: throw .invalidArgument("The option host is yes or no.", ["host": other])
        }
        try requireDifferentStores()
    }

    private func requireDifferentStores() throws(StoreError) {
        var named: [StoreLocation: String] = [:]
        for (side, url) in [("control", control), ("source", source), ("target", target)] {
            guard let url else { continue }
            let location = try StoreLocation(url)
            guard location.scheme != MigrationLocation.scheme else {
                throw .invalidArgument("A migration can't be a part of another: name a store.", ["option": side])
            }
            if let other = named.updateValue(side, forKey: location) {
                throw .invalidArgument(
                    "Control, source and target are three stores: two of them are one here.",
                    ["one": other, "other": side]
                )
            }
        }
    }

    /// The URLs of both sides; throws `StoreError.Code.invalidArgument` when one is not given.
    public func sides() throws(StoreError) -> (source: String, target: String) {
        guard let source, let target else {
            throw .invalidArgument(
                "The URL of the migration needs the options source and target here.",
                ["migration": name]
            )
        }
        return (source, target)
    }
}
