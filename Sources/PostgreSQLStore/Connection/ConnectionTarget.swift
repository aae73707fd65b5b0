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

    /// What a connection that could not be made failed with.
    ///
    /// - Parameters:
    ///   - text: what libpq says. It was told to be verbose, so what comes from a server has its code in front of the
    ///     words, which may be of any language.
    ///   - isStarted: false if libpq found fault with the parameters themselves.
    ///   - lacksPassword: whether the server asked for a password and there was none.
    static func failure(_ text: String, isStarted: Bool = true, lacksPassword: Bool = false) -> StoreError {
        // Of several hosts the last one counts.
        if let message = text.split(whereSeparator: \.isNewline).compactMap({ ServerMessage(verbose: $0) }).last {
            return message.storeError
        }
        let details = ["connection": text.split(whereSeparator: \.isNewline).joined(separator: "; ")]
        // It gives no codes for them, so its words are looked at, which are English unless the program sets a language.
        if !isStarted, ["invalid ", "service"].contains(where: { text.contains($0) }) {
            return .invalidArgument("The URL is not one that libpq can connect by.", details)
        }
        if lacksPassword {
            return StoreError(.permissionDenied, "The server asks for a password: give one.", details)
        }
        return StoreError(.unavailable, "The server can't be reached: see that it runs and the URL is right.", details)
    }
}

extension ServerMessage {
    /// Reads `FATAL:  28P01: password authentication failed`, as libpq writes a server's message when it is verbose,
    /// wherever it stands in a line; nil if there is none.
    init?(verbose line: Substring) {
        let bytes = Array(line.utf8)
        guard bytes.count >= 10 else { return nil }
        for start in 0...bytes.count - 10 {
            let code = bytes[start + 3..<start + 8]
            guard bytes[start..<start + 3].elementsEqual(":  ".utf8),
                bytes[start + 8..<start + 10].elementsEqual(": ".utf8),
                code.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
            else { continue }
            self.init(
                code: String(decoding: code, as: UTF8.self),
                text: String(decoding: bytes[(start + 10)...], as: UTF8.self)
            )
            return
        }
        return nil
    }
}
#endif
