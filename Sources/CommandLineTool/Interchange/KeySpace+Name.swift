import KeyValue

extension KeySpace {
    /// The name on the command line and in the interchange form.
    var name: String {
        switch self {
        case .records: "records"
        case .reservedData: "reserved-data"
        case .reservedLocal: "reserved-local"
        }
    }

    init?(name: String) {
        guard let space = KeySpace.allCases.first(where: { $0.name == name }) else { return nil }
        self = space
    }
}
