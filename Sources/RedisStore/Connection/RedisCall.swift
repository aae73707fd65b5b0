#if Redis
import KeyValue
import NIOCore

/// The commands of one call, and what has become of each.
///
/// Unchecked: once it is handed to the client's event loop, its state is touched there alone.
final class RedisCall: @unchecked Sendable {
    private enum State: UInt8 { case waiting, written, answered }

    let commands: [RedisCommand]
    /// Where all of them go; nil for wherever their slots are.
    let target: RedisEndpoint?
    /// Whether it has come to the event loop.
    var hasArrived = false
    var isCancelled = false
    var deadline = NIODeadline.distantFuture
    /// How often a command was sent elsewhere.
    private(set) var redirections = 0
    private var states: [State]
    private var results: [Result<RESPValue, StoreError>]
    private var missing: Int
    private var continuation: UnsafeContinuation<[Result<RESPValue, StoreError>], Never>?

    init(_ commands: [RedisCommand], to target: RedisEndpoint? = nil) {
        self.commands = commands
        self.target = target
        states = Array(repeating: .waiting, count: commands.count)
        results = Array(repeating: .success(.null), count: commands.count)
        missing = commands.count
    }

    /// Who waits for it. Set before it is handed over.
    func begin(_ continuation: UnsafeContinuation<[Result<RESPValue, StoreError>], Never>) {
        self.continuation = continuation
    }

    func isAnswered(_ index: Int) -> Bool { states[index] == .answered }

    func noteWritten(_ index: Int) { if states[index] == .waiting { states[index] = .written } }

    /// Notes that a command goes to another node, having done nothing where it was; whether it may once more.
    func mayRedirect(_ index: Int) -> Bool {
        redirections += 1
        states[index] = .waiting
        return redirections <= 8 + commands.count
    }

    /// Answers a command; the last answer ends the call. An answer to what has one already is passed over.
    func answer(_ index: Int, _ result: Result<RESPValue, StoreError>) {
        guard states[index] != .answered else { return }
        states[index] = .answered
        results[index] = result
        missing -= 1
        guard missing == 0, let continuation else { return }
        self.continuation = nil
        continuation.resume(returning: results)
    }

    /// Answers a command that will have no reply: with `error`, or that its outcome is unknown, if it may have one.
    func fail(_ index: Int, _ error: StoreError) {
        guard states[index] == .written, case .writes = commands[index].effect else {
            return answer(index, .failure(error))
        }
        answer(
            index,
            .failure(
                StoreError(
                    .outcomeUnknown,
                    "The reply was lost, so nobody knows whether the command was done: read, then decide.",
                    cause: error
                )
            )
        )
    }

    /// Answers everything that has no answer.
    func failAll(_ error: StoreError) {
        for index in commands.indices { fail(index, error) }
    }
}
#endif
