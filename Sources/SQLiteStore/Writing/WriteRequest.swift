#if SQLite
import KeyValue

/// What one caller asks of the writer, and where its answer is put.
///
/// Sendable by turns: the caller fills it and hands it to the queue, the queue's lock guards it until the writer takes
/// it, the writer answers and resumes the caller, which reads the answer. Nobody else has it.
final class WriteRequest: @unchecked Sendable {
    enum Work {
        /// Batches that are atomic each by itself, with the identifiers they are written under.
        case batches([WriteBatch], [WriteID])
        case fence(Fence, expecting: Fence)
        case clearMarks([MarkID])
    }

    /// Where it is, guarded by the queue's lock.
    enum Place {
        case caller
        case queue
        case writer
        case withdrawn
    }

    typealias Answer = Result<WriteReceipt, StoreError>

    let work: Work
    /// How many transactions of their own the work could be.
    let count: Int
    /// About how many bytes it writes.
    let bytes: Int
    /// One answer a unit of the work, from the front.
    var answers: [Answer] = []
    var place = Place.caller
    var continuation: UnsafeContinuation<Void, Never>?

    init(_ work: Work) {
        self.work = work
        switch work {
        case .batches(let batches, _):
            count = batches.count
            bytes = batches.reduce(0) { $0 + $1.bytes }
            answers.reserveCapacity(count)
        case .fence:
            count = 1
            bytes = 0
        case .clearMarks(let ids):
            count = 1
            bytes = ids.count * 16
        }
    }

    /// Answers what has no answer yet, and lets the caller go on.
    func finish(_ rest: @autoclosure () -> Answer? = nil) {
        if answers.count < count, let rest = rest() {
            answers.append(contentsOf: repeatElement(rest, count: count - answers.count))
        }
        continuation?.resume()
        continuation = nil
    }
}

extension WriteBatch {
    /// The bytes of its keys and values.
    var bytes: Int {
        operations.reduce(0) { sum, operation in
            let value = if case .put(let value) = operation.action { value.count } else { 8 }
            return sum + operation.key.partition.count + operation.key.bytes.count + value
        }
    }
}
#endif
