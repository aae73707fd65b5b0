#if PostgreSQL
import KeyValue

/// A connection that one caller has to itself, such as for a transaction of several round trips.
///
/// When it is lost it does not come back: every later query on it fails.
struct Lease: Sendable {
    struct ID: Hashable, Sendable {
        let number: UInt64
    }

    let id: ID
}
#endif
