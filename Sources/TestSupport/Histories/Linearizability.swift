/// Judges whether what clients did to one key, and were told, has an explanation: an order in which each call took
/// effect at one moment between its beginning and its end, and those of unknown outcome at one moment after their
/// beginning, or never.
///
/// The ends of calls are gone through in time, with all states in which the key can be by then (after Lowe, 2017). What
/// is not known to have happened is only supposed where a call can't be explained without it: whatever else such a
/// state allows, it allows without that as well.
public enum Linearizability {
    /// A state in which the key may be: its record, and which of the open calls have taken effect.
    private struct Supposition: Hashable {
        var value: Int?
        var done: Set<Int> = []
    }

    /// The first call that no order explains, as its place in `events`; nil when all are explained.
    public static func unexplained(_ events: [KeyEvent], from initial: Int? = nil) -> Int? {
        var moments: [(at: Int64, isEnd: Bool, event: Int)] = []
        for (index, event) in events.enumerated() {
            moments.append((event.began, false, index))
            if let ended = event.ended { moments.append((ended, true, index)) }
        }
        // What begins when another ends may have come before it.
        moments.sort { ($0.at, $0.isEnd ? 1 : 0, $0.event) < ($1.at, $1.isEnd ? 1 : 0, $1.event) }
        var open: [Int] = []
        var states: Set<Supposition> = [Supposition(value: initial)]
        for moment in moments {
            guard moment.isEnd else {
                open.append(moment.event)
                continue
            }
            states = after(moment.event, states, open, events)
            if states.isEmpty { return moment.event }
            open.removeAll { $0 == moment.event }
        }
        return nil
    }

    /// The states after a call that is over by now.
    private static func after(
        _ ended: Int,
        _ states: Set<Supposition>,
        _ open: [Int],
        _ events: [KeyEvent]
    ) -> Set<Supposition> {
        var result: Set<Supposition> = []
        var seen = states
        var left = Array(states)
        while let state = left.popLast() {
            if state.done.contains(ended) {
                var state = state
                state.done.remove(ended)
                result.insert(state)
                continue
            }
            for index in candidates(in: state, open, events) {
                guard let value = events[index].effect.applied(to: state.value) else { continue }
                var next = Supposition(value: value, done: state.done)
                next.done.insert(index)
                if seen.insert(next).inserted { left.append(next) }
            }
        }
        return withoutIdle(result, events)
    }

    /// The open calls that may take effect next: those whose outcome is known, and of the others only those whose
    /// record an open call asks for.
    private static func candidates(in state: Supposition, _ open: [Int], _ events: [KeyEvent]) -> [Int] {
        let left = open.filter { !state.done.contains($0) }
        var hasDelete = false
        return left.filter { index in
            guard events[index].ended == nil else { return true }
            switch events[index].effect {
            case .read, .found: return false
            case .write(nil):
                // One unknown delete is as good as another.
                guard state.value != nil, !hasDelete else { return false }
                hasDelete = left.contains { events[$0].effect.asksForNothing }
                return hasDelete
            case .write(let new?), .swap(_, let new):
                return left.contains { $0 != index && events[$0].effect.asks(for: new, insteadOf: state.value) }
            }
        }
    }

    /// Without states that suppose more calls of unknown outcome than another does, to no end.
    private static func withoutIdle(_ states: Set<Supposition>, _ events: [KeyEvent]) -> Set<Supposition> {
        guard states.count > 1 else { return states }
        return states.filter { state in
            !states.contains { other in
                other != state && other.value == state.value && other.done.isSubset(of: state.done)
                    && state.done.subtracting(other.done).allSatisfy { events[$0].ended == nil }
            }
        }
    }
}

extension KeyEvent.Effect {
    fileprivate var asksForNothing: Bool {
        switch self {
        case .read(nil), .swap(nil, _): true
        default: false
        }
    }

    fileprivate func asks(for value: Int, insteadOf present: Int?) -> Bool {
        switch self {
        case .read(let wanted), .swap(let wanted, _): wanted == value
        case .found: present == nil
        case .write: false
        }
    }
}
