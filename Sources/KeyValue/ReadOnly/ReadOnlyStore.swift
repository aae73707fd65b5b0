/// A store that shows the data of another system as it is, and changes nothing: what a move away from that system reads.
///
/// A conforming type says how its data is read. Everything that writes is refused with ``StoreError/Code/readOnly``,
/// and there are no bins, since there is nothing to fence. It has no tombstones, and no rows in reserved space.
/// Its capabilities are ``Capabilities/readOnly(limits:consistency:order:snapshotReads:snapshots:countCost:)``.
public protocol ReadOnlyStore: KeyValueStore {}

extension ReadOnlyStore {
    /// Refuses with ``StoreError/Code/readOnly``.
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt { throw .readOnlyView }

    /// Refuses with ``StoreError/Code/readOnly``.
    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange { throw .readOnlyView }

    /// None.
    public func bins() async throws(StoreError) -> [Bin] { [] }

    /// Refuses: there are no bins.
    public func fence(of bin: Bin) async throws(StoreError) -> Fence { throw .noSuchBin(bin) }

    /// Refuses with ``StoreError/Code/readOnly``.
    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        throw .readOnlyView
    }

    /// Refuses: there are no bins.
    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        throw .noSuchBin(bin)
    }

    /// Refuses with ``StoreError/Code/readOnly``.
    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { throw .readOnlyView }
}

extension StoreError {
    /// ``Code/readOnly`` from a ``ReadOnlyStore``.
    public static var readOnlyView: StoreError {
        StoreError(.readOnly, "A raw view is read-only: write to a store that is opened without layout=raw.")
    }
}

extension Capabilities {
    /// The capabilities of a ``ReadOnlyStore``: nothing can be written, so that no acknowledged write can be lost.
    public static func readOnly(
        limits: Limits,
        consistency: Consistency,
        order: KeyOrder = .none,
        snapshotReads: Bool = false,
        snapshots: Bool = false,
        countCost: MeasurementCost = .rows
    ) -> Capabilities {
        Capabilities(
            batchScope: .key,
            limits: limits,
            consistency: consistency,
            durability: .powerLoss,
            order: order,
            conditionalWrite: false,
            conditionalDelete: false,
            integerAdd: false,
            reportsDeletes: false,
            snapshotReads: snapshotReads,
            snapshots: snapshots,
            reverseScan: false,
            marks: false,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: false,
            countCost: countCost,
            sizeCost: .rows
        )
    }
}

extension Limits {
    /// Limits of a ``ReadOnlyStore``, whose batches hold nothing.
    public static func readOnly(
        partitionBytesMax: Int,
        keyBytesMax: Int,
        valueBytesMax: Int,
        getKeysMax: Int,
        pageKeysMax: Int
    ) -> Limits {
        Limits(
            partitionBytesMax: partitionBytesMax,
            keyBytesMax: keyBytesMax,
            valueBytesMax: valueBytesMax,
            batchOperationsMax: 0,
            batchBytesMax: 0,
            getKeysMax: getKeysMax,
            pageKeysMax: pageKeysMax
        )
    }
}
