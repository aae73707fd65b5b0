#if Redis
import KeyValue
import NIOCore

/// The commands of one call, and what has become of each.
///
/// Unchecked: once it is handed to the client's event loop, its state is touched there alone.
final class RedisCall: @unchecked Sendable {
    private enum State: UInt8 { case waiting, written, answered }

    private struct Slot {
        var state = State.waiting
        /// How often the command was sent elsewhere.
        var redirections: UInt8 = 0
        var result = Result<RESPValue, StoreError>.success(.null)
    }

    let commands: [RedisCommand]
    /// Where all of them go; nil for wherever their slots are.
    let target: RedisEndpoint?
    /// Whether it has come to the event loop.
    var hasArrived = false
    var isCancelled = false
    /// Which of the connections to a server its commands go by.
    var lane = 0
    var deadline = NIODeadline.distantFuture
    private var slots: [Slot]
    private var missing: Int
    /// The replies so far to commands that were sent together.
    private var gathered: [RESPValue] = []
    private var continuation: UnsafeContinuation<Void, Never>?

    /// How often a command is sent elsewhere at most.
    private static let redirectionsMax = 8

    init(_ commands: [RedisCommand], to target: RedisEndpoint? = nil) {
        self.commands = commands
        self.target = target
        slots = Array(repeating: Slot(), count: commands.count)
        missing = commands.count
    }

    /// Who waits for it. Set before it is handed over.
    func begin(_ continuation: UnsafeContinuation<Void, Never>) { self.continuation = continuation }

    /// What became of a command. Read when the call has ended.
    func result(_ index: Int) -> Result<RESPValue, StoreError> { slots[index].result }

    func isAnswered(_ index: Int) -> Bool { slots[index].state == .answered }

    /// Notes that a command is written; false when it has an answer already, so that it is not to be.
    func noteWritten(_ index: Int) -> Bool {
        guard slots[index].state != .answered else { return false }
        slots[index].state = .written
        return true
    }

    /// Notes that a command goes to another node, having done nothing where it was; whether it may once more.
    func mayRedirect(_ index: Int) -> Bool {
        slots[index].state = .waiting
        guard slots[index].redirections < RedisCall.redirectionsMax else { return false }
        slots[index].redirections += 1
        return true
    }

    /// Takes in one of the replies to commands that were sent together, which are all that the call has; the last
    /// answers it.
    func gather(_ value: RESPValue, isLast: Bool) {
        gathered.append(value)
        guard isLast else { return }
        answer(0, .success(.array(gathered)))
        gathered = []
    }

    /// Takes in what a server said: a refusal is an error, but for `NOSCRIPT`, which is for the caller.
    func reply(_ index: Int, _ value: RESPValue) {
        guard case .error(let text) = value, !text.hasPrefix("NOSCRIPT") else { return answer(index, .success(value)) }
        answer(index, .failure(StoreError(serverSays: text)))
    }

    /// Answers a command; the last answer ends the call. An answer to what has one already is passed over.
    func answer(_ index: Int, _ result: Result<RESPValue, StoreError>) {
        guard slots[index].state != .answered else { return }
        slots[index].state = .answered
        slots[index].result = result
        missing -= 1
        guard missing == 0, let continuation else { return }
        self.continuation = nil
        continuation.resume()
    }

    /// Answers a command that will have no reply: with `error`, or that its outcome is unknown, if it may have one.
    func fail(_ index: Int, _ error: StoreError) {
        guard slots[index].state == .written, case .writes = commands[index].effect else {
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
