package import KeyValue

/// Carries over what is marked, in rounds. Any number of them may work at the same time, in any processes, and each
/// may be stopped at any moment, or wake up after any time: see ``Reconciliation``.
package struct Reconciler: Sendable {
    /// What came of a round.
    package struct Round: Hashable, Sendable {
        /// How many marks were listed.
        package var listed = 0
        /// How many of them are done with. The others are for the next round: a row changed while it was carried over.
        package var cleared = 0
        /// Where the listing of marks goes on; nil at its end.
        package var cursor: Cursor?
        /// Whether the mode was found to be of another direction, so that nothing was written.
        package var isOver = false
    }

    private static let marksMax = 256

    private let stores: MigrationStores
    private let rules: MigrationRules

    /// A reconciler of a migration. Only tests take rules away.
    package init(_ stores: MigrationStores, _ rules: MigrationRules = .all) {
        self.stores = stores
        self.rules = rules
    }

    /// Carries over what some marks of one bin name.
    package func round(
        _ direction: Direction,
        in bin: Bin,
        after cursor: Cursor? = nil
    ) async throws(StoreError) -> Round {
        let origin = stores[direction.origin]
        let destination = stores[direction.destination]
        var round = Round()
        if stores.isForeign(direction.destination) {
            round.isOver = true
            return round
        }
        var marks: [Mark] = []
        var keys: [Key] = []
        var there: [Slot<[UInt8], Revision>] = []
        var here: [Slot<[UInt8], Revision>] = []
        var control: ControlRecord?
        var written: Set<Key> = []
        var next: Reconciliation.Step? = .listMarks
        while let step = next {
            switch step {
            case .listMarks:
                let page = try await origin.marks(in: bin, limit: Reconciler.marksMax, after: cursor)
                (marks, round.cursor, round.listed) = (page.marks, page.cursor, page.marks.count)
                keys = Set(marks.flatMap(\.keys)).filter { $0.space != .reservedLocal }.sorted()
                if marks.isEmpty { return round }
            case .readDestination: there = try await destination.slots(of: keys)
            case .checkMode:
                let record = try await stores.control.read()
                guard record.state.mayReconcile(direction, rules) else {
                    round.isOver = true
                    return round
                }
                control = record
            case .readOrigin: here = try await origin.slots(of: keys)
            case .write:
                guard let control else { return round }
                written = try await write(keys, here, over: there, direction, control)
            case .clearMarks:
                let done = marks.filter { mark in
                    mark.keys.allSatisfy { $0.space == .reservedLocal || written.contains($0) }
                }
                try await origin.clearMarks(done.map(\.id), in: bin)
                round.cleared = done.count
            }
            next = step.next(rules)
        }
        return round
    }

    /// Makes the rows of the destination like those of the origin; the keys that this was done for.
    private func write(
        _ keys: [Key],
        _ here: [Slot<[UInt8], Revision>],
        over there: [Slot<[UInt8], Revision>],
        _ direction: Direction,
        _ control: ControlRecord
    ) async throws(StoreError) -> Set<Key> {
        let deletion = control.state.deletion(on: direction.destination)
        var writes: [(key: Key, write: WorkerWrite<[UInt8], Revision>)] = []
        var settled: Set<Key> = []
        for (key, (origin, destination)) in zip(keys, zip(here, there)) {
            let write = Reconciliation.write(of: origin, over: destination, deletion: deletion, rules)
            if let write { writes.append((key, write)) } else { settled.insert(key) }
        }
        let fates = try await stores[direction.destination].write(writes, epoch: control.epoch)
        for (write, fate) in zip(writes, fates) where fate == .written { settled.insert(write.key) }
        return settled
    }

    /// Carries over the rows of keys, whether they are marked or not; those that this was done for.
    func carry(_ keys: [Key], _ direction: Direction) async throws(StoreError) -> Set<Key> {
        if stores.isForeign(direction.destination) { return [] }
        let there = try await stores[direction.destination].slots(of: keys)
        let control = try await stores.control.read()
        guard control.state.mayReconcile(direction, rules) else { return [] }
        let here = try await stores[direction.origin].slots(of: keys)
        return try await write(keys, here, over: there, direction, control)
    }

    /// One round over every mark of every bin; how many were listed, and how many are done with.
    package func pass(_ direction: Direction) async throws(StoreError) -> Round {
        let reconciler = self
        let bins = try await stores[direction.origin].bins()
        // What a feed tells behind a change that was not carried over is listed once more, so that comes first.
        let needsAll = stores[direction.origin] is FeedMarks
        let rounds = try await sideBySide(bins) { (bin) throws(StoreError) -> Round in
            var total = Round()
            repeat {
                let round = try await reconciler.round(direction, in: bin, after: total.cursor)
                total.add(round)
                total.cursor = round.cursor
            } while total.cursor != nil && !total.isOver && !(needsAll && total.cleared < total.listed)
            return total
        }
        return rounds.reduce(into: Round()) { $0.add($1) }
    }
}

extension Reconciler.Round {
    fileprivate mutating func add(_ other: Reconciler.Round) {
        listed += other.listed
        cleared += other.cleared
        isOver = isOver || other.isOver
    }
}
