import KeyValue

/// Why a command did not do what it was asked.
struct CommandError: Error {
    enum Kind {
        /// The work failed: exit status 1.
        case failed
        /// The command was called wrongly: exit status 2.
        case usage
    }

    let kind: Kind
    let message: String
    let metadata: [String: String]

    init(_ kind: Kind, _ message: String, _ metadata: [String: String] = [:]) {
        self.kind = kind
        self.message = message
        self.metadata = metadata
    }

    /// A store's error as a failure of the work, whatever it is.
    init(failed error: StoreError) {
        self.init(.failed, error.message, ErrorText.metadata(error))
    }
}

/// Errors as one line.
enum ErrorText {
    static func line(_ message: String, _ metadata: [String: String]) -> String {
        let details = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let line = details.isEmpty ? message : "\(message) (\(details.joined(separator: ", ")))"
        // A path or a server's own words may hold anything.
        return line.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? Key.escaped(line.utf8) : line
    }

    static func line(_ error: StoreError) -> String { line(error.message, metadata(error)) }

    static func metadata(_ error: StoreError) -> [String: String] {
        var metadata = error.metadata
        if let conflict = error.conflicts.first { metadata["key"] = "\(conflict.key)" }
        if let cause = error.cause { metadata["cause"] = "\(cause)" }
        return metadata
    }
}
