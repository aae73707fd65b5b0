import KeyValue
import Synchronization

/// What clients did to each key, and what they were told.
final class LiveHistory: Sendable {
    /// What one call did to one key. Values are unique numbers; nil is no record.
    struct Event: Sendable {
        enum Effect: Sendable {
            /// Saw this.
            case read(Int?)
            /// Put this, or deleted.
            case write(Int?)
            /// Put the second where the first was.
            case swap(from: Int?, to: Int)
            /// Found a record where it wanted none.
            case found
        }

        var effect: Effect
        var began: Int
        /// When it was over; nil for one whose outcome nobody knows, which may take effect at any time, or never.
        var ended: Int?
    }

    private struct State {
        var clock = 0
        var events: [Key: [Event]] = [:]
    }

    private let state = Mutex(State())

    func tick() -> Int {
        state.withLock { state in
            state.clock += 1
            return state.clock
        }
    }

    func add(_ effect: Event.Effect, at key: Key, began: Int, isKnown: Bool = true) {
        state.withLock { state in
            state.clock += 1
            let ended = isKnown ? state.clock : nil
            state.events[key, default: []].append(Event(effect: effect, began: began, ended: ended))
        }
    }

    var count: Int { state.withLock { $0.events.values.reduce(0) { $0 + $1.count } } }

    /// The keys whose events no order explains in which each takes effect at one moment between its beginning and its
    /// end.
    func violations(from initial: [Key: Int]) -> [String] {
        state.withLock(\.events).sorted { $0.key < $1.key }.compactMap { key, events in
            LiveHistory.isLinearizable(events, from: initial[key]) ? nil : "\(key) is not linearizable: \(events)"
        }
    }

    /// Tries every order, after Wing and Gong (1993), and none twice from the same events done and the same record.
    static func isLinearizable(_ events: [Event], from initial: Int? = nil) -> Bool {
        struct Position: Hashable {
            var done: Set<Int>
            var value: Int?
        }
        let order = events.sorted { $0.began < $1.began }
        var seen: Set<Position> = []
        var open = [Position(done: [], value: initial)]
        while let position = open.popLast() {
            let left = order.indices.filter { !position.done.contains($0) }
            let firstEnd = left.compactMap { order[$0].ended }.min()
            guard let firstEnd else { return true }
            for index in left where order[index].began < firstEnd {
                guard let value = order[index].effect.applied(to: position.value) else { continue }
                var next = Position(done: position.done, value: value)
                next.done.insert(index)
                if seen.insert(next).inserted { open.append(next) }
            }
        }
        return false
    }
}

extension LiveHistory.Event.Effect {
    /// The record after it took effect, nil for none; nil when it could not have been told what it was told.
    fileprivate func applied(to value: Int?) -> Int?? {
        switch self {
        case .read(let seen): seen == value ? .some(value) : nil
        case .write(let new): .some(new)
        case .swap(let from, let to): from == value ? .some(to) : nil
        case .found: value != nil ? .some(value) : nil
        }
    }
}
