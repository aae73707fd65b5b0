import KeyValue
import Synchronization
import TestSupport

/// What clients did to each key, and what they were told.
final class LiveHistory: Sendable {
    private struct State {
        var clock: Int64 = 0
        var events: [Key: [KeyEvent]] = [:]
    }

    private let state = Mutex(State())

    func tick() -> Int64 {
        state.withLock { state in
            state.clock += 1
            return state.clock
        }
    }

    func add(_ effect: KeyEvent.Effect, at key: Key, began: Int64, isKnown: Bool = true) {
        state.withLock { state in
            state.clock += 1
            let ended = isKnown ? state.clock : nil
            state.events[key, default: []].append(KeyEvent(effect, began: began, ended: ended))
        }
    }

    var count: Int { state.withLock { $0.events.values.reduce(0) { $0 + $1.count } } }

    /// The keys whose events have no explanation.
    func violations(from initial: [Key: Int]) -> [String] {
        state.withLock(\.events).sorted { $0.key < $1.key }.compactMap { key, events in
            guard let event = Linearizability.unexplained(events, from: initial[key]) else { return nil }
            return "\(key) is not linearizable at event \(event): \(events)"
        }
    }
}
