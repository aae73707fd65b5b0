public import KeyValue

/// Compares two stores, row by row, in the order of keys: exactly, in one pass over each, in bounded memory.
///
/// What is compared is what a ``Copier`` carries, without tombstones: a tombstone counts as no record. A store that
/// does not deliver keys in order is read through a ``Sorter``. The result holds for stores that nobody writes
/// meanwhile.
public struct Verifier: Sendable {
    private let temporaryDirectory: String
    private let differencesListedMax: Int
    private let retries: RetryPolicy
    private let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void

    /// A verifier.
    ///
    /// - Parameters:
    ///   - temporaryDirectory: where rows of unordered stores may be spilled to.
    ///   - differencesListedMax: how many differences of each kind are told one by one. All are counted.
    ///   - progress: called on the verifying task after each page.
    public init(
        temporaryDirectory: String,
        differencesListedMax: Int = 100,
        retries: RetryPolicy = RetryPolicy(),
        environment: StoreEnvironment = .live,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.temporaryDirectory = temporaryDirectory
        self.differencesListedMax = differencesListedMax
        self.retries = retries
        self.environment = environment
        self.report = progress
    }

    /// Compares `source` with `target`, and tells differences as they are found, in the order of keys.
    ///
    /// Throws ``StoreError/Code/corrupted`` when a store delivers keys twice or not in the order that it states.
    public func verify(
        _ source: any KeyValueStore,
        against target: any KeyValueStore,
        onDifference: (Difference) -> Void = { _ in }
    ) async throws(StoreError) -> VerifyReport {
        var sourceRows = try await rows(of: source)
        var targetRows = try await rows(of: target)
        let began = environment.now()
        var comparison = RowComparison()
        var result = VerifyReport()
        var listed: [Difference.Kind: Int] = [:]
        var bytes = 0
        while true {
            switch comparison.next() {
            case .needs(let side):
                let page = try await side == .source ? sourceRows.nextPage() : targetRows.nextPage()
                try comparison.feed(page, to: side)
                guard side == .source, let page else { continue }
                bytes += page.reduce(0) { $0 + $1.byteCount }
                let records = result.source
                report(Progress(.comparing, records: records, bytes: bytes, elapsed: environment.now() - began))
            case .equal: result.addEqual()
            case .differs(let difference):
                result.add(difference.kind)
                listed[difference.kind, default: 0] += 1
                if listed[difference.kind, default: 0] <= differencesListedMax { onDifference(difference) }
            case .done: return result
            }
        }
    }

    private func rows(of store: any KeyValueStore) async throws(StoreError) -> any RowSource {
        let scan = ScanOptions(limit: 1_024, bytesMax: 256 << 10)
        var rows = StoreRows(store, scan, retries: retries, environment: environment)
        guard store.capabilities.order < .store else { return rows }
        let sort = SortOptions(duplicates: .refuse)
        return try await sort.sort(&rows, in: temporaryDirectory, environment: environment, progress: report)
    }
}

extension VerifyReport {
    fileprivate mutating func addEqual() {
        source += 1
        target += 1
    }

    fileprivate mutating func add(_ kind: Difference.Kind) {
        switch kind {
        case .missing:
            source += 1
            missing += 1
        case .extra:
            target += 1
            extra += 1
        case .different:
            addEqual()
            different += 1
        }
    }
}
