import KeyValue

/// The rows that a record keeps in indexes after a change and did not before, or the other way round. Pure.
struct RowChanges: Sendable {
    private(set) var newEntries: [Key] = []
    private(set) var oldEntries: [Key] = []
    private(set) var newClaims: Set<Key> = []
    private(set) var oldClaims: Set<Key> = []
    /// What is added to totals: never 0.
    private(set) var totals: [Key: Int64] = [:]
    /// Where those of them are published that are.
    private(set) var publications: [Key: Publication] = [:]

    /// Those between two projections of one record. Keys are made of what differs alone.
    init(from before: Projection, to after: Projection) throws(RecordError) {
        guard before.names != after.names else {
            for position in after.parts.indices { try compare(before, position, after, position) }
            return
        }
        for (position, name) in after.names.enumerated() {
            try compare(before, before.names.firstIndex(of: name), after, position)
        }
        for (position, name) in before.names.enumerated() where !after.names.contains(name) {
            try compare(before, position, after, nil)
        }
    }

    /// Those of totals alone.
    init(adding totals: [Key: Int64], _ publications: [Key: Publication]) {
        self.totals = totals.filter { $0.value != 0 }
        self.publications = publications
    }

    var isEmpty: Bool {
        newEntries.isEmpty && oldEntries.isEmpty && newClaims.isEmpty && oldClaims.isEmpty && totals.isEmpty
    }

    /// Compares what is kept in an index: at a position of each side, or nowhere.
    private mutating func compare(
        _ before: Projection,
        _ oldPosition: Int?,
        _ after: Projection,
        _ newPosition: Int?
    ) throws(RecordError) {
        let old = oldPosition.map { before.parts[$0] } ?? Projection.Part()
        let new = newPosition.map { after.parts[$0] } ?? Projection.Part()
        guard old != new else { return }
        let gone = RowChanges.difference(old.columns, new.columns)
        let come = RowChanges.difference(new.columns, old.columns)
        if let oldPosition {
            if before.indexes[oldPosition].isAggregate {
                for columns in gone { try add(0, old.amount, to: columns, before, oldPosition) }
            } else {
                oldEntries += before.entries(of: gone, at: oldPosition)
            }
            if before.indexes[oldPosition].kind == .unique {
                oldClaims.formUnion(before.claims(of: gone, at: oldPosition))
            }
        }
        guard let newPosition else { return }
        if after.indexes[newPosition].isAggregate {
            for columns in come { try add(new.amount, 0, to: columns, after, newPosition) }
            guard old.amount != new.amount, come.count < new.columns.count else { return }
            for columns in RowChanges.difference(new.columns, come) {
                try add(new.amount, old.amount, to: columns, after, newPosition)
            }
        } else {
            newEntries += after.entries(of: come, at: newPosition)
        }
        if after.indexes[newPosition].kind == .unique {
            newClaims.formUnion(after.claims(of: come, at: newPosition))
        }
    }

    private mutating func add(
        _ amount: Int64,
        _ former: Int64,
        to columns: Projection.Columns,
        _ projection: Projection,
        _ position: Int
    ) throws(RecordError) {
        let (change, overflows) = amount.subtractingReportingOverflow(former)
        guard !overflows else {
            throw RecordError(.tooLarge, "The change of a sum leaves the range of a 64-bit integer.")
        }
        guard change != 0 else { return }
        let total = projection.total(of: columns, at: position)
        totals[total] = change
        publications[total] = projection.publication(of: columns, at: position)
    }

    private static func difference(
        _ columns: [Projection.Columns],
        _ others: [Projection.Columns]
    ) -> [Projection.Columns] {
        guard !columns.isEmpty, !others.isEmpty else { return columns }
        let others = Set(others)
        return columns.filter { !others.contains($0) }
    }
}
