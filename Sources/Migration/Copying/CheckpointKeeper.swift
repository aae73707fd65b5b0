import KeyValue

/// Reads, renews and removes the checkpoint of one copy in its target.
struct CheckpointKeeper: Sendable {
    static let partition = Array("wherehouse/copies".utf8)

    private let key: Key
    private let target: RetryingStore
    private let copying: CopyOptions
    private let environment: StoreEnvironment

    init(
        _ options: CheckpointOptions,
        _ target: any KeyValueStore,
        _ copying: CopyOptions,
        _ environment: StoreEnvironment
    ) {
        // Of the same length whatever the name is.
        var hash = SipHash(key: DigestSeed(low: 0, high: 0))
        Array(options.source.utf8).withUnsafeBytes { hash.append($0) }
        let name = Array(Hexadecimal.digits(hash.finish()).utf8)
        key = Key(partition: CheckpointKeeper.partition, bytes: name, space: .reservedLocal)
        self.target = RetryingStore(target, policy: copying.retries, environment: environment)
        self.copying = copying
        self.environment = environment
    }

    /// What a checkpoint has to have been written under to be of use.
    func options(isSorted: Bool) -> UInt8 {
        (isSorted ? 1 : 0) | (copying.includesTombstones ? 2 : 0) | (copying.onExisting == .replace ? 4 : 0)
    }

    /// The checkpoint to go on from, and where the copy begins.
    func find(in source: any KeyValueStore, isSorted: Bool) async throws(StoreError) -> (Checkpoint?, CopyBeginning) {
        guard let value = try await target.get(key)?.value else { return (nil, .first) }
        guard let checkpoint = Checkpoint(encoded: value) else { return (nil, .anew(.unknownFormat)) }
        guard checkpoint.options == options(isSorted: isSorted) else { return (nil, .anew(.otherOptions)) }
        let source = RetryingStore(source, policy: copying.retries, environment: environment)
        let read = ReadOptions(includesTombstones: true)
        guard let last = try await source.get(checkpoint.last, read),
            Checkpoint.hash(last.value, isTombstone: last.isTombstone) == checkpoint.lastHash
        else { return (nil, .anew(.sourceChanged)) }
        guard try await target.get(checkpoint.last, read) != nil else { return (nil, .anew(.targetChanged)) }
        return (checkpoint, .behind(rows: checkpoint.report.read))
    }

    /// Writes a checkpoint over the one before.
    func write(_ checkpoint: Checkpoint) async throws(StoreError) { try await change(.put(checkpoint.encoded)) }

    /// Removes the checkpoint, if there is one.
    func remove() async throws(StoreError) { try await change(.delete) }

    private func change(_ action: WriteBatch.Action) async throws(StoreError) {
        let batch = WriteBatch([WriteBatch.Operation(action, at: key)], epoch: copying.epoch)
        do throws(StoreError) {
            _ = try await target.write(batch)
        } catch {
            // Nobody else writes here, and the same again does no harm.
            guard error.code == .outcomeUnknown else { throw error }
            _ = try await target.write(batch)
        }
    }
}
