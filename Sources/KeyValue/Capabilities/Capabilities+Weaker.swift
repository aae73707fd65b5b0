extension Capabilities {
    /// What two stores both can do and promise.
    package func weaker(_ other: Capabilities) -> Capabilities {
        Capabilities(
            batchScope: min(batchScope, other.batchScope),
            limits: limits.smaller(other.limits),
            consistency: min(consistency, other.consistency),
            durability: min(durability, other.durability),
            order: min(order, other.order),
            conditionalWrite: conditionalWrite && other.conditionalWrite,
            conditionalDelete: conditionalDelete && other.conditionalDelete,
            integerAdd: integerAdd && other.integerAdd,
            reportsDeletes: reportsDeletes && other.reportsDeletes,
            snapshotReads: snapshotReads && other.snapshotReads,
            snapshots: snapshots && other.snapshots,
            reverseScan: reverseScan && other.reverseScan,
            marks: marks && other.marks,
            changeFeed: changeFeed && other.changeFeed,
            fencing: fencing.later(other.fencing),
            singleProcess: singleProcess || other.singleProcess,
            countCost: max(countCost, other.countCost),
            sizeCost: max(sizeCost, other.sizeCost)
        )
    }
}

extension Limits {
    fileprivate func smaller(_ other: Limits) -> Limits {
        Limits(
            partitionBytesMax: min(partitionBytesMax, other.partitionBytesMax),
            keyBytesMax: min(keyBytesMax, other.keyBytesMax),
            valueBytesMax: min(valueBytesMax, other.valueBytesMax),
            batchOperationsMax: min(batchOperationsMax, other.batchOperationsMax),
            batchBytesMax: min(batchBytesMax, other.batchBytesMax),
            getKeysMax: min(getKeysMax, other.getKeysMax),
            pageKeysMax: min(pageKeysMax, other.pageKeysMax)
        )
    }
}

extension Fencing {
    fileprivate func later(_ other: Fencing) -> Fencing {
        switch (self, other) {
        case (.atomic, _): other
        case (_, .atomic): self
        case (.leased(let left), .leased(let right)): .leased(max(left, right))
        }
    }
}
