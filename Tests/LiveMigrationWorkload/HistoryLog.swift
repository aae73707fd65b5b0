import Foundation
import KeyValue
import Synchronization
import TestSupport

/// What clients of one process did, line by line in a file, so that it is there however the process ends: what was
/// begun before it is done, and what came of it after.
///
///     b <number> <time> <key> <effect>    a call begins
///     e <number> <time>                   it did what it was to do
///     r <number> <time> <value>           it read this
///     f <number> <time>                   it found a record where it wanted none
///     n <number> <time>                   it did nothing
///
/// A call without a second line may have taken effect or not.
package final class HistoryLog: Sendable {
    private let file: Int32
    private let last = Mutex(0)

    /// Opens the file for more, and makes it where there is none.
    package init(_ path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WorkloadError("The log of a history can't be opened: \(path)") }
    }

    deinit { close(file) }

    /// What came of a call.
    package enum Outcome {
        case done
        case read(Int?)
        case found
        case nothing
    }

    private func now() -> Int64 { StoreEnvironment.live.nanoseconds() }

    /// Notes that a call begins; its number.
    func begin(_ effect: KeyEvent.Effect, at key: Key) throws -> Int {
        let number = last.withLock { last in
            last += 1
            return last
        }
        try say("b \(number) \(now()) \(HistoryLog.text(key)) \(HistoryLog.text(effect))")
        return number
    }

    /// Notes what came of a call; nothing is noted of one whose outcome nobody knows.
    func end(_ number: Int, _ outcome: Outcome) throws {
        switch outcome {
        case .done: try say("e \(number) \(now())")
        case .read(let value): try say("r \(number) \(now()) \(value.map { "\($0)" } ?? "-")")
        case .found: try say("f \(number) \(now())")
        case .nothing: try say("n \(number) \(now())")
        }
    }

    private func say(_ line: String) throws {
        // One call a line: what was said is said, however the process ends.
        let bytes = Array((line + "\n").utf8)
        guard write(file, bytes, bytes.count) == bytes.count else { throw WorkloadError("The history is cut short.") }
    }

    private static func text(_ key: Key) -> String {
        String(decoding: key.partition, as: UTF8.self) + "/" + String(decoding: key.bytes, as: UTF8.self)
    }

    private static func text(_ effect: KeyEvent.Effect) -> String {
        switch effect {
        case .read: "read"
        case .write(let value): "write \(value.map { "\($0)" } ?? "-")"
        case .swap(let from, let to): "swap \(from.map { "\($0)" } ?? "-") \(to)"
        case .found: "found"
        }
    }
}
