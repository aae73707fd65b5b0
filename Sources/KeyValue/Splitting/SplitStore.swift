/// A store that is made of several, of which each holds the partitions that begin with certain bytes.
///
/// What several services keep together, or one service of several kinds, can so lie in several databases and be one
/// store for those who copy, verify or move it: a live move to a split store takes a store apart, and one from it puts
/// it together again. Each part is a store of its own, and may be opened, moved and backed up without the others.
///
/// - **Parts.** A partition lies in the part whose prefix it begins with, and else in the one that holds the rest. Each
///   store has to be its part's alone: what else lies there would be delivered by scans.
/// - **Capabilities** are the weakest of all parts'. A batch reaches a partition at most, partitions come part by part,
///   and there are no snapshots and no feed. Who needs one part alone does better with ``store(of:)``.
/// - **Bins** are those of all parts, so a fence is set in each.
public struct SplitStore: KeyValueStore {
    /// A part that holds the partitions which begin with certain bytes.
    public struct Part: Sendable {
        /// What the part is called in ``Bin/name``, in cursors and in the status: neither empty nor with a slash.
        public let name: String
        /// What its partitions begin with.
        public let prefix: [UInt8]
        /// Where they lie.
        public let store: any KeyValueStore

        /// A part from its parts.
        public init(name: String, prefix: [UInt8], store: any KeyValueStore) {
            self.name = name
            self.prefix = prefix
            self.store = store
        }
    }

    /// The name of the part that holds what no other does.
    public static let restName = "rest"

    /// In the order of their names, the rest first.
    let parts: [Part]

    /// A store from its parts, which it takes over and closes in the end.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for parts of one name, and where a partition might lie in two.
    public init(rest: any KeyValueStore, _ parts: [Part]) throws(StoreError) {
        for (index, part) in parts.enumerated() {
            guard !part.name.isEmpty, !part.name.contains("/"), part.name != SplitStore.restName else {
                throw .invalidArgument("The name of a part is a word of its own.", ["part": part.name])
            }
            for other in parts[..<index] {
                guard part.name != other.name, !part.prefix.starts(with: other.prefix),
                    !other.prefix.starts(with: part.prefix)
                else {
                    throw .invalidArgument(
                        "Two parts of a store would hold the same partitions: leave one out.",
                        ["part": part.name, "other": other.name]
                    )
                }
            }
        }
        let sorted = parts.sorted { $0.name < $1.name }
        self.parts = [Part(name: SplitStore.restName, prefix: [], store: rest)] + sorted
    }

    func place(of partition: [UInt8]) -> Int {
        parts.indices.dropFirst().first { partition.starts(with: parts[$0].prefix) } ?? 0
    }

    /// The store that holds a partition, for whoever needs no others: it may do more than all of them together.
    public func store(of partition: [UInt8]) -> any KeyValueStore { parts[place(of: partition)].store }

    public var system: String { "split" }

    public var capabilities: Capabilities {
        var capabilities = parts.dropFirst().reduce(parts[0].store.capabilities) { $0.weaker($1.store.capabilities) }
        capabilities.batchScope = min(capabilities.batchScope, .partition)
        capabilities.order = min(capabilities.order, .partition)
        capabilities.snapshotReads = false
        capabilities.snapshots = false
        capabilities.changeFeed = false
        return capabilities
    }

    public func status() async throws(StoreError) -> StoreStatus {
        var status = StoreStatus(durability: .powerLoss, format: 1, facts: [])
        for part in parts {
            let own = try await part.store.status()
            status.durability = min(status.durability, own.durability)
            status.facts.append(StoreStatus.Fact(part.name, part.store.system))
            status.facts += own.facts.map { StoreStatus.Fact("\(part.name): \($0.name)", $0.value) }
            status.warnings += own.warnings.map { "\(part.name): \($0)" }
        }
        return status
    }

    public func close() async { for part in parts { await part.store.close() } }
}

// MARK: - Keys

extension SplitStore {
    /// Some of several things that belong to one part.
    private struct Share: Sendable {
        let part: Int
        var places: [Int] = []
    }

    private func shares(_ partitions: [(place: Int, partition: [UInt8])]) -> [Share] {
        var shares = parts.indices.map { Share(part: $0) }
        for (place, partition) in partitions { shares[self.place(of: partition)].places.append(place) }
        return shares.filter { !$0.places.isEmpty }
    }

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        let shares = shares(keys.enumerated().map { ($0.offset, $0.element.partition) })
        guard shares.count > 1 else { return try await parts[shares.first?.part ?? 0].store.get(keys, options) }
        let found = try await sideBySide(shares) { [parts] (share) throws(StoreError) in
            try await parts[share.part].store.get(share.places.map { keys[$0] }, options)
        }
        var entries = [Entry?](repeating: nil, count: keys.count)
        for (share, some) in zip(shares, found) {
            for (place, entry) in zip(share.places, some) { entries[place] = entry }
        }
        return entries
    }

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try batch.validate(for: capabilities)
        return try await store(of: batch.operations[0].key.partition).write(batch)
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        let capabilities = capabilities
        var results = batches.map { _ in Result<WriteReceipt, StoreError>.failure(.cancelled) }
        var legal: [(place: Int, partition: [UInt8])] = []
        for (place, batch) in batches.enumerated() {
            do throws(StoreError) {
                try batch.validate(for: capabilities)
                legal.append((place, batch.operations[0].key.partition))
            } catch {
                results[place] = .failure(error)
            }
        }
        let shares = shares(legal)
        let written = await resultsSideBySide(shares) { [parts] (share) throws(StoreError) in
            await parts[share.part].store.write(each: share.places.map { batches[$0] })
        }
        for (share, outcome) in zip(shares, written) {
            switch outcome {
            case .success(let receipts):
                for (place, receipt) in zip(share.places, receipts) { results[place] = receipt }
            case .failure(let error): for place in share.places { results[place] = .failure(error) }
            }
        }
        return results
    }
}

// MARK: - Ranges

extension SplitStore {
    /// The store that holds all of a range; nil for a range of all partitions.
    private func store(of range: KeyRange) throws(StoreError) -> (any KeyValueStore)? {
        try range.validate(for: capabilities)
        guard case .keys(let partition, _, _) = range.extent else { return nil }
        return store(of: partition)
    }

    /// Reads a page of the part that a cursor leads to; of the next one, if there is nothing at all in that part.
    private func walk<Page>(
        _ listing: SplitCursor.Listing,
        after cursor: Cursor?,
        _ page: (any KeyValueStore, Cursor?) async throws(StoreError) -> Page,
        _ tell: (Page) -> (isNothing: Bool, cursor: Cursor?)
    ) async throws(StoreError) -> (page: Page, cursor: Cursor?) {
        let parts = listing.isReversed ? parts.reversed() : parts
        var (index, native) = (0, Cursor?.none)
        if let cursor {
            let place = try SplitCursor(cursor, of: listing)
            guard let found = parts.firstIndex(where: { $0.name == place.part }) else { throw SplitCursor.foreign }
            (index, native) = (found, place.native)
        }
        while true {
            let page = try await page(parts[index].store, native)
            let (isNothing, next) = tell(page)
            if next == nil { index += 1 }
            guard index < parts.count else { return (page, nil) }
            native = next
            guard isNothing, next == nil else {
                return (page, SplitCursor(part: parts[index].name, native: next).cursor(of: listing))
            }
        }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        let store = try store(of: range)
        let options = try options.validated(for: capabilities)
        if let store { return try await store.scan(range, options, after: cursor) }
        let listing: SplitCursor.Listing = options.reverse ? .rowsInReverse(range.space) : .rows(range.space)
        let found = try await walk(listing, after: cursor) { (store, cursor) throws(StoreError) in
            try await store.scan(range, options, after: cursor)
        } _: {
            ($0.examined == 0, $0.cursor)
        }
        return found.page.with(cursor: found.cursor)
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        let found = try await walk(.partitions(space), after: cursor) { (store, cursor) throws(StoreError) in
            try await store.partitions(in: space, limit: limit, after: cursor)
        } _: {
            ($0.partitions.isEmpty, $0.cursor)
        }
        return PartitionPage(partitions: found.page.partitions, cursor: found.cursor)
    }

    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try range.validateForDeleting(in: capabilities)
        if let store = try store(of: range) {
            return try await store.delete(range, limit: limit, epoch: epoch, after: cursor)
        }
        let found = try await walk(.rows(range.space), after: cursor) { (store, cursor) throws(StoreError) in
            try await store.delete(range, limit: limit, epoch: epoch, after: cursor)
        } _: {
            // A step does not say what it examined.
            (false, $0.cursor)
        }
        return DeletedRange(deleted: found.page.deleted, cursor: found.cursor)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await sum(range) { (store) throws(StoreError) in try await store.count(range, options) }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await sum(range) { (store) throws(StoreError) in try await store.size(range, options) }
    }

    private func sum(
        _ range: KeyRange,
        _ measure: (any KeyValueStore) async throws(StoreError) -> Measurement
    ) async throws(StoreError) -> Measurement {
        if let store = try store(of: range) { return try await measure(store) }
        var sum = Measurement(0, .exact)
        for part in parts {
            let own = try await measure(part.store)
            let isExact = sum.accuracy == .exact && own.accuracy == .exact
            sum = Measurement(sum.value + own.value, isExact ? .exact : .estimated)
        }
        return sum
    }
}

// MARK: - Fences and marks

extension SplitStore {
    public func bins() async throws(StoreError) -> [Bin] {
        var bins: [Bin] = []
        for part in parts { bins += try await part.store.bins().map { Bin("\(part.name)/\($0.name)") } }
        return bins
    }

    /// The part that a bin is of, and its name there.
    private func owner(of bin: Bin) throws(StoreError) -> (store: any KeyValueStore, bin: Bin) {
        let words = bin.name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, let part = parts.first(where: { $0.name == words[0] }) else { throw .noSuchBin(bin) }
        return (part.store, Bin(String(words[1])))
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        let (store, own) = try owner(of: bin)
        return try await store.fence(of: own)
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        let (store, own) = try owner(of: bin)
        try await store.setFence(of: own, to: fence, expecting: expected)
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        let (store, own) = try owner(of: bin)
        return try await store.marks(in: own, limit: limit, after: cursor)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        let (store, own) = try owner(of: bin)
        try await store.clearMarks(ids, in: own)
    }
}
