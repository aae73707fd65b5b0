import Foundation

/// Holds whoever passes while it is closed: a writer in the middle of its transaction.
final class Gate: @unchecked Sendable {
    // Everything below is guarded by the condition's lock.
    private let condition = NSCondition()
    private var isOpen = true
    private var count = 0

    /// How many stand before it.
    var waiting: Int { condition.withLock { count } }

    func close() { condition.withLock { isOpen = false } }

    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }

    func pass() {
        condition.withLock {
            count += 1
            while !isOpen { condition.wait() }
            count -= 1
        }
    }
}
