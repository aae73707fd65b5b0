import KeyValue
import KeyValueConformance
import Synchronization

/// A task in the place of a process: what it has not written when it is killed is never written.
final class SimulatedProcess: WritingProcess {
    private struct Progress {
        var numbers: [Int] = []
        var hasEnded = false
    }

    private let store: any KeyValueStore
    private let progress = Mutex(Progress())
    private let work = Mutex<Task<Void, Never>?>(nil)

    init(_ store: any KeyValueStore) {
        self.store = store
        let task = Task { [self] in
            do {
                try await CrashWorkload.run(on: store) { number in
                    progress.withLock { $0.numbers.append(number) }
                    await Task.yield()
                }
            } catch {
                // Killed.
            }
            progress.withLock { $0.hasEnded = true }
        }
        work.withLock { $0 = task }
    }

    func nextAcknowledged() async throws -> Int? {
        while true {
            let (number, hasEnded) = progress.withLock { progress in
                (progress.numbers.isEmpty ? nil : progress.numbers.removeFirst(), progress.hasEnded)
            }
            if number != nil || hasEnded { return number }
            await Task.yield()
        }
    }

    func kill() async throws {
        let task = work.withLock { $0 }
        task?.cancel()
        await task?.value
        await store.close()
    }
}
