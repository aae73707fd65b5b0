/// What an exploration came to.
package struct Exploration: Sendable {
    /// How many states can be reached.
    package var states = 0
    /// How many transitions lead from one to another, or back to itself.
    package var transitions = 0
    /// What was found wrong, if anything, and the shortest way there.
    package var violation: (text: String, trace: [String])?
}

/// Visits every state of a model that can be reached, the nearest first, until one is wrong.
package struct Explorer {
    private let configuration: ModelConfiguration
    private var states: [UInt128] = []
    private var parents: [UInt32] = []
    /// Numbers of states by hash, zero for none; open addressing, at most half full.
    private var table = [UInt32](repeating: 0, count: 1 << 12)

    private init(_ configuration: ModelConfiguration) { self.configuration = configuration }

    /// Explores one configuration. O(states + transitions); 20 bytes a state.
    package static func explore(_ configuration: ModelConfiguration) -> Exploration {
        var explorer = Explorer(configuration)
        return explorer.run()
    }

    private mutating func run() -> Exploration {
        var exploration = Exploration()
        for state in ModelState.initial(configuration) { visit(state.canonical(configuration), from: 0) }
        var next = 0
        while next < states.count {
            let state = ModelState(packed: states[next], configuration)
            if let text = state.violation(configuration) {
                exploration.violation = (text, trace(to: next))
                break
            }
            state.successors(configuration) { _, successor in
                exploration.transitions += 1
                visit(successor.canonical(configuration), from: next)
            }
            next += 1
        }
        exploration.states = states.count
        return exploration
    }

    private mutating func visit(_ packed: UInt128, from parent: Int) {
        if (states.count + 1) * 2 > table.count { grow() }
        var slot = index(of: packed)
        while table[slot] != 0 {
            if states[Int(table[slot]) - 1] == packed { return }
            slot = (slot + 1) & (table.count - 1)
        }
        states.append(packed)
        parents.append(UInt32(parent))
        table[slot] = UInt32(states.count)
    }

    private func index(of packed: UInt128) -> Int {
        let (upper, lower) = (UInt64(truncatingIfNeeded: packed >> 64), UInt64(truncatingIfNeeded: packed))
        var mixed = lower ^ (upper &* 0x9e37_79b9_7f4a_7c15)
        mixed = (mixed ^ (mixed >> 32)) &* 0xd6e8_feb8_6659_fd93
        mixed = (mixed ^ (mixed >> 32)) &* 0xd6e8_feb8_6659_fd93
        return Int(truncatingIfNeeded: mixed ^ (mixed >> 32)) & (table.count - 1)
    }

    private mutating func grow() {
        table = [UInt32](repeating: 0, count: table.count * 2)
        for (number, packed) in states.enumerated() {
            var slot = index(of: packed)
            while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
            table[slot] = UInt32(number + 1)
        }
    }

    /// The actions that lead to a state, found by trying which successor of each state on the way is the next.
    private func trace(to number: Int) -> [String] {
        var path = [number]
        while let last = path.last, last > 1 { path.append(Int(parents[last])) }
        path.reverse()
        // Not read back at each step: who is called first would change on the way.
        guard
            var state = ModelState.initial(configuration).first(where: {
                $0.canonical(configuration) == states[path[0]]
            })
        else { return [] }
        var lines = ["the source has \(state.source)"]
        for number in path.dropFirst() {
            var found: (action: ModelAction, state: ModelState)?
            state.successors(configuration) { action, successor in
                if found == nil, successor.canonical(configuration) == states[number] { found = (action, successor) }
            }
            guard let found else { break }
            lines.append("\(found.action)")
            state = found.state
        }
        return lines
    }
}
