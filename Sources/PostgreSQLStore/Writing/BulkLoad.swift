#if PostgreSQL
import Synchronization

/// Rows that go into the table by `COPY`, all or none, if the fence lets them.
///
/// It is one message of several statements, of which the server makes one transaction: the first locks and tells the
/// fence, the second takes the rows. A row that is there already fails all of them.
struct BulkLoad: Sendable {
    /// How many results there are: the fence, and the rows.
    static let answers = 2

    let text: String
    /// The rows in the format of `COPY … (FORMAT binary)`.
    let bytes: [UInt8]
    /// Whether the fence lets them in, by the first result.
    let admits: @Sendable (QueryResult) -> Bool
}

/// Whether rows are tried by `COPY`: where some were there already, others will be, and each try is thrown away.
final class CopyTrust: Sendable {
    private struct State {
        var left = 0
        var pause = 0
    }

    private static let pauseMax = 256

    private let state = Mutex(State())

    /// Whether the next load may try; otherwise it counts as left out.
    func mayTry() -> Bool {
        state.withLock { state in
            guard state.left > 0 else { return true }
            state.left -= 1
            return false
        }
    }

    /// A load went in, or did not: then the next ones are left out, twice as many each time.
    func note(wasTaken: Bool) {
        state.withLock { state in
            state.pause = wasTaken ? 0 : min(max(state.pause * 2, 4), CopyTrust.pauseMax)
            state.left = state.pause
        }
    }
}
#endif
