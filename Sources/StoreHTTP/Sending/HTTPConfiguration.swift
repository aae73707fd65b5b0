package import KeyValue

/// How connections are made.
package struct HTTPConfiguration: Sendable {
    /// A file of the authorities that are trusted; nil for those of the system.
    package var authorities: String?
    /// How many connections are made to a server. Further requests wait for one.
    package var connections = 8
    /// For how long a connection may take to be made.
    package var connectTimeout: Duration = .seconds(5)
    /// For how long a request may take, from call to reply, all its repetitions included.
    package var callTimeout: Duration = .seconds(10)

    package init() {}

    /// The options of a URL that every store has that speaks HTTP.
    package static let options = ["ca", "timeout", "connections"]

    /// What the options `ca` (a file of trusted authorities), `timeout` (the seconds that a call may take, 10) and
    /// `connections` (how many there are to a server at most, 8) say.
    package init(_ location: StoreLocation, isEncrypted: Bool) throws(StoreError) {
        authorities = location.options["ca"]
        guard isEncrypted || authorities == nil else {
            throw .invalidArgument("The option ca is for encrypted connections alone.")
        }
        if let seconds = try location.number("timeout", in: 1...3_600) {
            callTimeout = .seconds(seconds)
            connectTimeout = .seconds(min(seconds, 5))
        }
        if let number = try location.number("connections", in: 1...256) { connections = number }
    }
}
