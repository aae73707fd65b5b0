extension KeySpace {
    /// The name for people and programs: on the command line, in the interchange form, and in what is told of a migration.
    package var name: String {
        switch self {
        case .records: "records"
        case .reservedData: "reserved-data"
        case .reservedLocal: "reserved-local"
        }
    }

    /// The space of a name; nil for what is none.
    package init?(name: String) {
        guard let space = KeySpace.allCases.first(where: { $0.name == name }) else { return nil }
        self = space
    }
}
