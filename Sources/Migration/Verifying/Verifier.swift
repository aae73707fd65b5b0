public import KeyValue

/// Compares two stores, record by record: exactly, in bounded memory, both read side by side.
///
/// What is compared is what a ``Copier`` carries, without tombstones: a tombstone counts as no record. The result holds
/// for stores that nobody writes meanwhile.
///
/// - **Two stores in the order of keys** are merged in one pass; each byte of one is compared with that of the other.
/// - **Otherwise** both are read once, in whatever order, into buckets by the hash of the key: a count and a sum of
///   hashes each, as in ``StoreDigest``. When all are equal, so are the stores. Only when some differ are both read
///   again; the keys and hashes of these buckets are sorted, on disk where they do not fit, and keys that differ are
///   read once more by name before they are told. So a row that a scan delivered twice is no false alarm.
///
/// Memory is bounded: two pages a side of at most 1 MiB or one row, the buckets, and 16 MiB of sorting.
public struct Verifier: Sendable {
    /// The key of all digests of this verifier.
    public let seed: DigestSeed
    private let temporaryDirectory: String
    private let differencesListedMax: Int
    private let buckets: Int
    private let retries: RetryPolicy
    private let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void
    /// Of keys and hashes. What comes last was read last.
    private static let sort = SortOptions(
        duplicates: .keepLast,
        runRowsMax: 65_536,
        runBytesMax: 6 << 20,
        fanInMax: 16
    )

    /// A verifier.
    ///
    /// - Parameters:
    ///   - temporaryDirectory: where keys of unordered stores that differ may be spilled to.
    ///   - seed: the key of the digests; drawn at random unless the digests of two runs are to be compared.
    ///   - differencesListedMax: how many differences of each kind are told one by one. All are counted.
    ///   - buckets: into how many parts stores without a common order are split, at 48 bytes each.
    ///   - retries: how often a call that failed for a passing reason is made again.
    ///   - environment: time and randomness.
    ///   - progress: called on the verifying task after each page.
    public init(
        temporaryDirectory: String,
        seed: DigestSeed? = nil,
        differencesListedMax: Int = 100,
        buckets: Int = 65_536,
        retries: RetryPolicy = RetryPolicy(),
        environment: StoreEnvironment = .live,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.seed = seed ?? DigestSeed(random: environment.random)
        self.temporaryDirectory = temporaryDirectory
        self.differencesListedMax = differencesListedMax
        self.buckets = buckets
        self.retries = retries
        self.environment = environment
        self.report = progress
    }

    /// Compares `source` with `target`, and tells differences as they are found, in the order of keys.
    ///
    /// Throws `StoreError.Code.corrupted` when a store delivers keys twice or not in the order that it states.
    public func verify(
        _ source: any KeyValueStore,
        against target: any KeyValueStore,
        onDifference: (Difference) -> Void = { _ in }
    ) async throws(StoreError) -> VerifyReport {
        let isOrdered = source.capabilities.order == .store && target.capabilities.order == .store
        var listed: [Difference.Kind: Int] = [:]
        func tell(_ difference: Difference, in result: inout VerifyReport) {
            result.add(difference.kind)
            listed[difference.kind, default: 0] += 1
            if listed[difference.kind, default: 0] <= differencesListedMax { onDifference(difference) }
        }
        guard isOrdered else { return try await compareBuckets(source, target, tell) }
        var result = VerifyReport()
        var comparison = PageComparison(.computed(RowHasher(seed)))
        _ = try await compare(pages(of: source), pages(of: target), &comparison, .comparing) { differences in
            for difference in differences { tell(difference, in: &result) }
        }
        result.source = comparison.digest(of: .source)
        result.target = comparison.digest(of: .target)
        return result
    }

    /// The digest of one store, which is read once in whatever order it delivers. Stores that no machine can reach both
    /// of are compared by their digests under one seed.
    ///
    /// What a store without any order delivers twice counts once: its keys and hashes are sorted, on disk where they do
    /// not fit.
    public func digest(of store: any KeyValueStore) async throws(StoreError) -> StoreDigest {
        var pages = pages(of: store)
        var table = BucketTable(buckets: 1, RowHasher(seed))
        var sorter = Sorter(directory: temporaryDirectory, options: Verifier.sort)
        let mayRepeat = store.capabilities.order == .none
        var tracker = ProgressTracker(.comparing, environment, report)
        while let page = try await pages.nextPage() {
            if mayRepeat {
                for row in table.rows(of: page, in: [true]) { try await sorter.append(row) }
            } else {
                table.add(page)
            }
            tracker.add(page)
        }
        guard mayRepeat else { return table.digest(without: [false]) }
        var digest = StoreDigest()
        var rows = try await sorter.finish()
        while let page = try await rows.nextPage() {
            for row in page { digest.add(row.value.withUnsafeBytes { UInt128(storedIn: $0) }) }
        }
        return digest
    }

    private func pages(of store: any KeyValueStore) -> StorePages {
        let scan = ScanOptions(limit: 4_096, bytesMax: 1 << 20)
        return StorePages(store, scan, retries: retries, environment: environment)
    }

    /// Merges two ordered sources; these as they are at their ends.
    private func compare<Source: PageSource>(
        _ source: Source,
        _ target: Source,
        _ comparison: inout PageComparison,
        _ phase: Progress.Phase,
        _ found: ([Difference]) async throws(StoreError) -> Void
    ) async throws(StoreError) -> [Side: Source] {
        var tracker = ProgressTracker(phase, environment, report)
        return try await withPages(of: source, and: target) { (pages, group) throws(StoreError) in
            while true {
                let step = comparison.advance()
                let differences = comparison.takeDifferences()
                if !differences.isEmpty { try await found(differences) }
                guard case .needs(let side) = step else { return pages.sources }
                let page = try await pages.next(of: side, in: &group)?.page
                try comparison.feed(page, to: side)
                if side == .source, let page { tracker.add(page) }
            }
        }
    }

    private func compareBuckets(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        _ tell: (Difference, inout VerifyReport) -> Void
    ) async throws(StoreError) -> VerifyReport {
        var tables = [Side: BucketTable]()
        for side in Side.allCases { tables[side] = BucketTable(buckets: buckets, RowHasher(seed)) }
        var tracker = ProgressTracker(.comparing, environment, report)
        try await withPages(of: pages(of: source), and: pages(of: target)) { (pages, group) throws(StoreError) in
            while let (side, page) = try await pages.next(in: &group) {
                guard let page else { continue }
                tables[side]?.add(page)
                if side == .source { tracker.add(page) }
            }
        }
        var result = VerifyReport()
        guard let left = tables[.source], let right = tables[.target] else { return result }
        let suspects = left.differences(from: right)
        result.source = left.digest(without: suspects)
        result.target = right.digest(without: suspects)
        guard suspects.contains(true) else { return result }

        let (sourceRows, targetRows) = try await sorted(source, target, left, suspects)
        var comparison = PageComparison(.stored)
        let ends = try await compare(sourceRows, targetRows, &comparison, .comparing) { found throws(StoreError) in
            let confirmed = try await confirm(found, source, target)
            for difference in confirmed { tell(difference, &result) }
            result.cleared += found.count - confirmed.count
        }
        result.source.add(comparison.digest(of: .source))
        result.target.add(comparison.digest(of: .target))
        result.repeated = ends.values.reduce(0) { $0 + $1.rows.repeated }
        return result
    }

    /// The keys and hashes of some buckets, in the order of keys. Both stores are read side by side.
    private func sorted(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        _ table: BucketTable,
        _ chosen: [Bool]
    ) async throws(StoreError) -> (SortedPages, SortedPages) {
        var sourceSorter = Sorter(directory: temporaryDirectory, options: Verifier.sort)
        var targetSorter = Sorter(directory: temporaryDirectory, options: Verifier.sort)
        var tracker = ProgressTracker(.sorting, environment, report)
        try await withPages(of: pages(of: source), and: pages(of: target)) { (pages, group) throws(StoreError) in
            while let (side, page) = try await pages.next(in: &group) {
                guard let page else { continue }
                for row in table.rows(of: page, in: chosen) {
                    switch side {
                    case .source: try await sourceSorter.append(row)
                    case .target: try await targetSorter.append(row)
                    }
                }
                if side == .source { tracker.add(page) }
            }
        }
        return (SortedPages(try await sourceSorter.finish()), SortedPages(try await targetSorter.finish()))
    }

    /// Those of the suspects that differ when both stores are asked for them by key.
    private func confirm(
        _ suspects: [Difference],
        _ source: any KeyValueStore,
        _ target: any KeyValueStore
    ) async throws(StoreError) -> [Difference] {
        let source = RetryingStore(source, policy: retries, environment: environment)
        let target = RetryingStore(target, policy: retries, environment: environment)
        var confirmed: [Difference] = []
        // Few at a time, since nobody knows how long the values are.
        for start in stride(from: 0, to: suspects.count, by: 32) {
            let keys = suspects[start...].prefix(32).map(\.key)
            let (left, right) = (try await source.get(keys), try await target.get(keys))
            for (key, (left, right)) in zip(keys, zip(left, right)) {
                let kind: Difference.Kind? =
                    switch (left, right) {
                    case (nil, nil): nil
                    case (_, nil): .missing
                    case (nil, _): .extra
                    case (let left?, let right?): left.value == right.value ? nil : .different
                    }
                if let kind { confirmed.append(Difference(kind: kind, key: key)) }
            }
        }
        return confirmed
    }
}
