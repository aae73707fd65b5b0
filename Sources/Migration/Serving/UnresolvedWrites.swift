import KeyValue

/// Where batches were sent whose outcome is unknown. A batch that is sent again is recognised by the store that it was
/// sent to, and by that one alone: on the other side, its row may have arrived under another revision.
struct UnresolvedWrites: Sendable {
    private static let countMax = 4_096

    private var sides: [WriteID: Side] = [:]
    private var order: [WriteID] = []

    /// Remembers a batch, and forgets the oldest of too many.
    mutating func add(_ id: WriteID, at side: Side) {
        if sides.updateValue(side, forKey: id) == nil { order.append(id) }
        guard order.count > UnresolvedWrites.countMax else { return }
        for old in order.prefix(UnresolvedWrites.countMax / 2) { sides[old] = nil }
        order.removeFirst(UnresolvedWrites.countMax / 2)
    }

    /// Throws `StoreError.Code.outcomeUnknown` for a batch that may have been applied on the other side.
    func admit(_ id: WriteID?, to side: Side) throws(StoreError) {
        guard let id, let sent = sides[id], sent != side else { return }
        throw StoreError(
            .outcomeUnknown,
            "The records were moved before it was known what became of the batch: read what is there."
        )
    }
}
