#if PostgreSQL
import CLibpq

/// A connection of libpq's, closed with its last reference.
///
/// Safe to hand from the thread that made it to the one that uses it: nobody else knows it, the first lets go of it by
/// handing it over, and libpq keeps nothing that belongs to a thread.
final class ServerHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQfinish(pointer) }

    /// Begins to connect. This may look up host names and files, which takes its time.
    static func start(_ target: ConnectionTarget) -> ServerHandle? {
        // One block that stays while libpq reads it.
        let texts = target.parameters.flatMap { [$0.name.utf8CString, $0.value.utf8CString] }
        let handle = texts.flatMap { $0 }.withUnsafeBufferPointer { block in
            var keywords: [UnsafePointer<CChar>?] = []
            var values: [UnsafePointer<CChar>?] = []
            var offset = 0
            for (index, text) in texts.enumerated() {
                let start = block.baseAddress.map { $0 + offset }
                if index % 2 == 0 { keywords.append(start) } else { values.append(start) }
                offset += text.count
            }
            keywords.append(nil)
            values.append(nil)
            return PQconnectStartParams(keywords, values, 0)
        }
        guard let handle else { return nil }
        clibpq_ignore_notices(handle)
        // Before the first message of the server, so that its code comes with it.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        return ServerHandle(handle)
    }

    /// What libpq says of its last failure.
    var message: String { PQerrorMessage(pointer).map { String(cString: $0) } ?? "" }
}
#endif
