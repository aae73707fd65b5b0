#if PostgreSQL
import CLibpq
import KeyValue

/// Which server and database, as libpq takes it. It may hold a password and is never shown.
struct ConnectionTarget: Sendable {
    /// libpq's names and values, ours first, so that of two with one name the caller's counts.
    let parameters: [(name: String, value: String)]
    /// How long a call may take.
    let timeoutMilliseconds: Int64

    init(_ given: [(name: String, value: String)], timeoutMilliseconds: Int64) {
        let names = Set(given.map(\.name))
        let defaults = [
            ("application_name", "wherehouse"),
            ("client_encoding", "UTF8"),
            // A server that vanished without a word is noticed by the system, too.
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("tcp_user_timeout", "\(timeoutMilliseconds)"),
        ]
        parameters = defaults.filter { !names.contains($0.0) }.map { (name: $0.0, value: $0.1) } + given
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// The parameters that libpq knows.
    static func knownNames() -> Set<String> {
        guard let options = PQconndefaults() else { return [] }
        defer { PQconninfoFree(options) }
        var names: Set<String> = []
        var option = options
        while let keyword = option.pointee.keyword {
            names.insert(String(cString: keyword))
            option += 1
        }
        return names
    }

    /// What libpq says of a connection that could not be made: it gives no codes there, so its words are looked at.
    static func failure(_ text: String) -> StoreError {
        let text = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        let details = ["connection": text]
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if says("too many clients", "too many connections", "remaining connection slots") {
            return StoreError(.throttled, "The server has no connection left: use fewer, or allow more.", details)
        }
        if says("password", "authentication", "pg_hba.conf", "role \"", "permission denied") {
            return StoreError(.permissionDenied, "The server refuses this user: see its rules.", details)
        }
        if says("database \"") {
            return StoreError(.invalidArgument, "The server has no such database: create it.", details)
        }
        if says("invalid ", "definition of service", "service file") {
            return .invalidArgument("The URL is not one that libpq can connect by.", details)
        }
        return StoreError(.unavailable, "The server can't be reached: see that it runs and the URL is right.", details)
    }
}
#endif
