import Migration

/// Which of the states that behave alike stands for all of them.
extension ModelState {
    /// The state in 128 bits, the same for states that differ only in who is called first and who second, and in what
    /// nobody will look at any more.
    func canonical(_ configuration: ModelConfiguration) -> UInt128 {
        var state = self
        for index in 0..<configuration.reconcilers { state.reconcilers[index]?.forget(configuration.rules) }
        if copiers[0]?.rawValue ?? .max > copiers[1]?.rawValue ?? .max { state.copiers.swapAt(0, 1) }
        state.sortClients(configuration.clients)
        guard configuration.reconcilers == 2 else { return state.packed(configuration) }
        let (first, second) = (state.reconcilers[0].order, state.reconcilers[1].order)
        if first < second { return state.packed(configuration) }
        let packed = first == second ? state.packed(configuration) : .max
        state.reconcilers.swapAt(0, 1)
        state.changeMarks(.forward) { ModelState.swapped($0) }
        state.changeMarks(.reverse) { ModelState.swapped($0) }
        if configuration.capture == .intent { state.changeOpenMarks { $0.listedBy = ModelState.swapped($0.listedBy) } }
        return min(packed, state.packed(configuration))
    }

    /// A set of the two reconcilers with each in the place of the other.
    private static func swapped(_ reconcilers: UInt8) -> UInt8 { reconcilers >> 1 | (reconcilers & 1) << 1 }

    private mutating func sortClients(_ count: Int) {
        for end in stride(from: count, to: 1, by: -1) {
            for index in 1..<end where clients[index].order < clients[index - 1].order {
                clients.swapAt(index - 1, index)
            }
        }
    }
}

extension ModelState.Round? {
    fileprivate var order: UInt128 {
        var fields = BitFields()
        ModelState.append(self, to: &fields)
        return fields.bits
    }
}

extension ModelState.Client {
    fileprivate var order: UInt128 {
        var fields = BitFields()
        fields.append(mode.rawValue, 3)
        ModelState.append(intent, to: &fields)
        return fields.bits
    }
}

extension ModelState.Round {
    /// Drops what was read and can't matter any more: of the destination's row only whether there is one, and of the
    /// origin's nothing if the write is going to fail.
    fileprivate mutating func forget(_ rules: MigrationRules) {
        guard rules.contains([.alwaysWrite, .compareAndSet]), destination != .vacant else { return }
        destination = .a
        if token == .stale { origin = .vacant }
    }
}
