import Synchronization

/// Work that goes on through weather of every kind.
public final class Storm: Sendable {
    private let done = Mutex(0)
    private let isOver = Mutex(false)
    private let workers: Int

    private init(workers: Int) { self.workers = workers }

    /// Works in several tasks while a proxy goes through all weathers, with calm between, and waits in each for work to
    /// end.
    ///
    /// - Parameters:
    ///   - proxy: what the work goes through. In the end it passes everything.
    ///   - work: one piece of it, done over and over; it is passed the number of its worker and its own, both from 0.
    ///   - thereafter: what else has to happen while the work goes on.
    public static func pass(
        over proxy: FaultProxy,
        workers: Int,
        rounds: Int = 1,
        work: @escaping @Sendable (_ worker: Int, _ number: Int) async -> Void,
        thereafter: (Storm) async throws -> Void = { _ in }
    ) async throws {
        let storm = Storm(workers: workers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers { group.addTask { await storm.goOn(worker, work) } }
            defer { storm.isOver.withLock { $0 = true } }
            for _ in 0..<rounds { try await storm.pass(over: proxy) }
            try await thereafter(storm)
        }
    }

    private func goOn(_ worker: Int, _ work: (Int, Int) async -> Void) async {
        var number = 0
        while !isOver.withLock({ $0 }) {
            await work(worker, number)
            done.withLock { $0 += 1 }
            number += 1
        }
    }

    private func pass(over proxy: FaultProxy) async throws {
        let weathers: [Weather] = [
            .cut, .loseReplies(afterRequestBytes: 100), .blackhole, .garbage, .refuse, .oneWay,
        ]
        for weather in weathers {
            // Refusing leaves the present connections as they are.
            if weather == .refuse { try proxy.set(.cut) }
            try proxy.set(weather)
            try await expectProgress()
            try proxy.set(.pass)
            try await expectProgress()
        }
    }

    /// Returns when each worker, on average, has done two more pieces, well or badly.
    public func expectProgress() async throws {
        let before = done.withLock { $0 }
        try await Patience.until { done.withLock { $0 } >= before + 2 * workers }
    }
}
