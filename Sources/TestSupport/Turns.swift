import Synchronization

/// Lets one client of a simulation run at a time, so that a seed repeats a run whatever the machine does.
public final class Turns: Sendable {
    private struct State {
        var running = 0
        var parked: [Int: CheckedContinuation<Void, Never>] = [:]
        var driver: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Nobody runs yet.
    public init() {}

    /// A client that starts to run.
    public func begin() { state.withLock { $0.running += 1 } }

    /// A client that has come to its end.
    public func end() { stop { $0.running -= 1 } }

    /// Parks the client until it is its turn.
    public func turn(of client: Int) async {
        await withCheckedContinuation { continuation in
            stop {
                $0.parked[client] = continuation
                $0.running -= 1
            }
        }
    }

    private func stop(_ change: (inout State) -> Void) {
        let driver = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard state.running == 0 else { return nil }
            defer { state.driver = nil }
            return state.driver
        }
        driver?.resume()
    }

    /// Waits until nobody runs; who is parked then.
    public func quiet() async -> [Int] {
        await withCheckedContinuation { continuation in
            let isQuiet = state.withLock { state in
                if state.running > 0 { state.driver = continuation }
                return state.running == 0
            }
            if isQuiet { continuation.resume() }
        }
        return state.withLock { $0.parked.keys.sorted() }
    }

    /// Lets a parked client run on.
    public func resume(_ client: Int) {
        let continuation = state.withLock { state in
            state.running += 1
            return state.parked.removeValue(forKey: client)
        }
        continuation?.resume()
    }
}
