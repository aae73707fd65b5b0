import Foundation
import Synchronization

/// Runs `body` on `count` threads of its own and waits for them; the sum of what they return.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Int) throws -> Int {
    let outcomes = Outcomes()
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        let thread = Thread {
            outcomes.add(Result { try body(index) })
            group.leave()
        }
        thread.start()
    }
    group.wait()
    return try outcomes.sum()
}

/// Runs `body` in `count` tasks and waits for them; the sum of what they return.
func inTasks(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Int) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<count {
            group.addTask { try await body(index) }
        }
        return try await group.reduce(0, +)
    }
}

private final class Outcomes: Sendable {
    private let list = Mutex<[Result<Int, any Error>]>([])

    func add(_ outcome: Result<Int, any Error>) { list.withLock { $0.append(outcome) } }

    func sum() throws -> Int {
        try list.withLock { $0 }.reduce(0) { try $0 + $1.get() }
    }
}
