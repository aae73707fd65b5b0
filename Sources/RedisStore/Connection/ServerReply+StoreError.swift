#if Redis
import KeyValue

extension StoreError {
    /// What a server's refusal of a command means. It refuses before it does anything, so nothing was written.
    init(serverSays text: String) {
        let code = text.prefix { $0 != " " }
        // What follows would be the arguments: a password, or somebody's record.
        let said = text.firstRange(of: ", with args").map { text[..<$0.lowerBound] } ?? text[...]
        let details = ["server": String(said)]
        self =
            switch code {
            case "NOAUTH", "WRONGPASS", "NOPERM":
                StoreError(
                    .permissionDenied,
                    "The server does not let this user do it: check name, password, ACL.",
                    details
                )
            case "LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS":
                StoreError(.unavailable, "The server can't serve this now: try again.", details)
            case "BUSY":
                StoreError(.throttled, "The server runs a script of somebody's: try again when it is done.", details)
            case "OOM", "MISCONF":
                StoreError(.full, "The server has no room for writes, in memory or on disk: give it more.", details)
            case "READONLY":
                StoreError(.readOnly, "The server is a replica and takes no writes: open its master.", details)
            case "WRONGTYPE":
                StoreError(
                    .corrupted,
                    "A key of the store holds something of another type: somebody else wrote it.",
                    details
                )
            default:
                if text.contains("max number of clients") {
                    StoreError(.throttled, "The server has as many clients as it takes: close some.", details)
                } else {
                    StoreError(.unsupported, "The server refuses a command that the store needs.", details)
                }
            }
    }
}
#endif
