extension SplitStore {
    /// Throws ``StoreError/Code/invalidArgument`` where the store of a part holds a partition of another one, which
    /// nobody would find there.
    func requireOwnPartitions() async throws(StoreError) {
        for (index, part) in parts.enumerated() {
            for space in [KeySpace.records, .reservedData] {
                guard let stray = try await stray(index, space) else { continue }
                throw .invalidArgument(
                    "The store of a part holds what is another part's: move all of it to the split store by a migration.",
                    ["part": part.name, "partition": Key.escaped(stray), "other": parts[place(of: stray)].name]
                )
            }
        }
    }

    private func stray(_ index: Int, _ space: KeySpace) async throws(StoreError) -> [UInt8]? {
        let store = parts[index].store
        guard store.capabilities.order == .store else {
            return try await firstPartition(of: store, space) { place(of: $0) != index }
        }
        for (lower, upper) in boundsOfOthers(index) {
            let range = KeyRange(space: space, extent: .partitions(lower: lower, upper: upper))
            if let stray = try await firstPartition(of: store, range) { return stray }
        }
        return nil
    }

    /// Where partitions of other parts would lie.
    private func boundsOfOthers(_ index: Int) -> [(lower: [UInt8]?, upper: [UInt8]?)] {
        guard index > 0 else {
            return parts.dropFirst().map { ($0.prefix, ByteOrder.end(ofPrefix: $0.prefix)) }
        }
        let prefix = parts[index].prefix
        let behind = ByteOrder.end(ofPrefix: prefix)
        return [(nil, prefix)] + (behind.map { [($0, nil)] } ?? [])
    }

    private func firstPartition(
        of store: any KeyValueStore,
        _ range: KeyRange
    ) async throws(StoreError) -> [UInt8]? {
        let options = ScanOptions(limit: 1, keysOnly: true, includesTombstones: true)
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(range, options, after: cursor)
            if let row = page.first { return Array(row.partition) }
            cursor = page.cursor
        } while cursor != nil
        return nil
    }

    private func firstPartition(
        of store: any KeyValueStore,
        _ space: KeySpace,
        where isMeant: ([UInt8]) -> Bool
    ) async throws(StoreError) -> [UInt8]? {
        var cursor: Cursor?
        repeat {
            let page = try await store.partitions(in: space, limit: 1_000, after: cursor)
            if let found = page.partitions.first(where: isMeant) { return found }
            cursor = page.cursor
        } while cursor != nil
        return nil
    }
}
