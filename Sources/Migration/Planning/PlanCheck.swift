public import KeyValue

extension MigrationController {
    /// Finds out what a migration would meet with. Nothing is changed but that each store is given bits by which it is
    /// recognised, if it has none.
    ///
    /// The source is read once, in pages, if any of the target's limits is below the source's; otherwise its size is
    /// what the source itself says, which may be an estimate or cost as much.
    ///
    /// - Parameters:
    ///   - stores: the two stores, and the one that controls them.
    ///   - plan: what is to be agreed on.
    ///   - environment: time and randomness.
    public static func check(
        _ stores: MigrationStores,
        _ plan: MigrationPlan = MigrationPlan(),
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> PlanReport {
        var report = PlanReport()
        var found: Set<PlanReport.Finding> = []
        let (source, target) = (stores.source.capabilities, stores.target.capabilities)
        let names = try await identities(stores, environment)
        if names.source.isSameStore(as: names.target) { found.insert(.sameStore) }
        if [names.source, names.target].contains(where: { $0.isSameStore(as: names.control) }) {
            found.insert(.controlInside)
        }
        if !found.contains(.sameStore), try await !isEmpty(stores.target) { found.insert(.targetNotEmpty) }
        if try await stores.control.readRecord() != nil { found.insert(.nameTaken) }
        if let foreign = stores.foreign {
            report.guarantee = foreign.guarantee
            if try await !foreign.captureReport().isInstalled { found.insert(.notCaptured) }
        }
        if min(source.batchScope, target.batchScope) < plan.leastScope { found.insert(.scopeTooNarrow) }
        if min(source.consistency, target.consistency) < .linearizable { found.insert(.failoverLoses) }
        if target.durability < source.durability { found.insert(.lessDurable) }
        if max(source.fencingDelay, target.fencingDelay) > .zero { found.insert(.heldForLease) }
        if found.allSatisfy({ !$0.isRefusal }) {
            try await measure(stores, environment, &report)
            if report.tooLarge != nil { found.insert(.recordTooLarge) }
        }
        report.findings = PlanReport.Finding.allCases.filter(found.contains)
        return report
    }

    private static func identities(
        _ stores: MigrationStores,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> (source: StoreName, target: StoreName, control: StoreName) {
        (
            try await StoreName.recognise(stores.source, name: "source", environment: environment),
            try await StoreName.recognise(stores.target, name: "target", environment: environment),
            try await StoreName.recognise(stores.control.store, name: "control", environment: environment)
        )
    }

    private static func isEmpty(_ store: any KeyValueStore) async throws(StoreError) -> Bool {
        for space in StoreRows.spaces {
            var cursor: Cursor?
            repeat {
                let page = try await store.partitions(in: space, limit: 1, after: cursor)
                guard page.partitions.isEmpty else { return false }
                cursor = page.cursor
            } while cursor != nil
        }
        return true
    }

    private static func measure(
        _ stores: MigrationStores,
        _ environment: StoreEnvironment,
        _ report: inout PlanReport
    ) async throws(StoreError) {
        let limits = stores.target.capabilities.limits
        let builder = ChunkBuilder(for: limits, rowsMax: 1)
        let began = environment.now()
        var read: (records: UInt64, bytes: UInt64) = (0, 0)
        // All of it where a record may not fit, and otherwise enough to tell how fast it goes.
        let readsAll = limits.isBelow(stores.source.capabilities.limits)
        let scan = ScanOptions(limit: 4_096, bytesMax: 1 << 20)
        var rows = StoreRows(stores.source, scan, environment: environment)
        var pagesLeft = readsAll ? Int.max : 16
        let billed = stores.target as? any BilledStore
        var loading: BilledUnits?
        while pagesLeft > 0, let page = try await rows.nextPage() {
            pagesLeft -= 1
            for row in page {
                read.records += 1
                read.bytes += UInt64(row.byteCount)
                if let units = billed?.units(ofWriting: row.byteCount) { loading = loading.map { $0 + units } ?? units }
                guard report.tooLarge == nil, builder.refusal(of: row) != nil else { continue }
                report.tooLarge = FoundDifference(kind: .missing, key: row.key, firstSeen: 0, lastSeen: 0).found
            }
        }
        let seconds = (environment.now() - began) / .seconds(1)
        (report.records, report.bytes, report.isCounted) = (read.records, read.bytes, pagesLeft > 0)
        if !report.isCounted { try await estimate(stores.source, &report) }
        report.loading = loading.map { $0 * (Double(report.records) / Double(read.records)) }
        guard read.bytes > 0, report.bytes > 0 else { return }
        report.readingSeconds = seconds * Double(report.bytes) / Double(read.bytes)
    }

    private static func estimate(_ store: any KeyValueStore, _ report: inout PlanReport) async throws(StoreError) {
        (report.records, report.bytes, report.isCounted) = (0, 0, true)
        for space in StoreRows.spaces {
            let count = try await store.count(.all(in: space), ReadOptions())
            let size = try await store.size(.all(in: space), ReadOptions())
            report.records += UInt64(max(0, count.value))
            report.bytes += UInt64(max(0, size.value))
            report.isCounted = report.isCounted && count.accuracy == .exact && size.accuracy == .exact
        }
    }
}

extension Limits {
    /// Whether a record may fit there and not here.
    fileprivate func isBelow(_ other: Limits) -> Bool {
        partitionBytesMax < other.partitionBytesMax || keyBytesMax < other.keyBytesMax
            || valueBytesMax < other.valueBytesMax
            || batchBytesMax < other.partitionBytesMax + other.keyBytesMax
                + other.valueBytesMax
    }
}
