import KeyValue
import TestSupport
import Testing

@testable import Migration

@Suite struct VerifierTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: MemoryProfile.all, MemoryProfile.all)
    func findsEveryDifference(_ from: MemoryProfile, _ to: MemoryProfile) async throws {
        let source = MemoryStore(from)
        let target = MemoryStore(to)
        let rows = sorted(randomRows(300, seed: 20)).map { Row(key: $0.key, value: [1]) }
        var changed = rows
        changed[7].value = [2]
        changed[100].value = []
        // A tombstone in the target is a missing record; one that the source never had is none.
        changed[200] = Row(key: rows[200].key, value: [], isTombstone: true)
        changed.remove(at: 150)
        let extra = [
            Row(key: Key("zz", "extra"), value: [1]),
            Row(key: Key("zz", "extra", space: .reservedData), value: [1]),
        ]
        let buried = Row(key: Key("zz", "gone"), value: [], isTombstone: true)
        let local = Row(key: Key("zz", "local", space: .reservedLocal), value: [1])
        try await fill(source, with: rows)
        try await fill(target, with: changed + extra + [buried, local])

        var found: [Difference] = []
        let report = try await Verifier(temporaryDirectory: directory.path)
            .verify(source, against: target) { found.append($0) }
        #expect(!report.isEqual)
        #expect((report.source.records, report.target.records) == (300, 300))
        #expect(report.source != report.target)
        #expect(report.repeated == 0)
        #expect((report.missing, report.extra, report.different) == (2, 2, 2))
        let expected = [
            Difference(kind: .different, key: rows[7].key), Difference(kind: .different, key: rows[100].key),
            Difference(kind: .missing, key: rows[150].key), Difference(kind: .missing, key: rows[200].key),
            Difference(kind: .extra, key: extra[0].key), Difference(kind: .extra, key: extra[1].key),
        ]
        #expect(found == expected.sorted { $0.key < $1.key })
    }

    @Test func listsSomeAndCountsAll() async throws {
        let target = MemoryStore()
        try await fill(target, with: (0..<50).map { Row(key: Key("p", "\($0)"), value: []) })
        var found = 0
        let report = try await Verifier(temporaryDirectory: directory.path, differencesListedMax: 3)
            .verify(MemoryStore(), against: target) { _ in found += 1 }
        #expect((report.extra, found) == (50, 3))
    }

    @Test func findsNothingInEmptyStores() async throws {
        let report = try await Verifier(temporaryDirectory: directory.path)
            .verify(MemoryStore(), against: MemoryStore(.unordered))
        #expect(report == VerifyReport())
        #expect(report.source.text == String(repeating: "0", count: 32))
        #expect(report.isEqual)
    }

    @Test(arguments: [MemoryProfile.reference, .partitionScope, .unordered])
    func givesTheSameDigestWhateverTheOrder(profile: MemoryProfile) async throws {
        let rows = randomRows(500, seed: 21)
        let (source, target) = (MemoryStore(), MemoryStore(profile))
        try await fill(source, with: rows)
        try await fill(target, with: rows.shuffled())
        let seed = DigestSeed(low: 7, high: 8)
        let verifier = Verifier(temporaryDirectory: directory.path, seed: seed)
        let report = try await verifier.verify(source, against: target)
        #expect(report.isEqual)
        #expect(report.source == report.target)
        #expect(try await verifier.digest(of: source) == report.source)
        #expect(try await verifier.digest(of: target) == report.source)
        let other = try await Verifier(temporaryDirectory: directory.path, seed: DigestSeed(low: 7, high: 9))
            .digest(of: source)
        #expect(other.records == report.source.records)
        #expect(other != report.source)
    }

    @Test(arguments: [1, 7, 65_536])
    func takesARowThatComesTwiceForOne(buckets: Int) async throws {
        let rows = randomRows(200, seed: 22).map { Row(key: $0.key, value: [1]) }
        let (source, target) = (MemoryStore(), MemoryStore(.unordered))
        try await fill(source, with: rows)
        try await fill(target, with: rows)
        let repeating = RepeatingStore(base: target)
        let verifier = Verifier(temporaryDirectory: directory.path, buckets: buckets)
        let equal = try await verifier.verify(source, against: repeating)
        #expect(equal.isEqual)
        #expect(equal.source == equal.target)
        #expect(equal.source.records == 200)
        #expect(equal.repeated > 0)
        #expect(equal.cleared == 0)

        try await target.put([2], at: rows[5].key)
        var found: [Difference] = []
        let report = try await verifier.verify(repeating, against: source) { found.append($0) }
        #expect(found == [Difference(kind: .different, key: rows[5].key)])
        #expect((report.source.records, report.target.records) == (200, 200))
    }

    @Test func asksForWhatSeemsToDiffer() async throws {
        let rows = randomRows(50, seed: 23).map { Row(key: $0.key, value: [1]) }
        let (source, target) = (MemoryStore(), MemoryStore(.unordered))
        try await fill(source, with: rows)
        try await fill(target, with: rows)
        // Its scans miss a partition, its reads by key do not.
        let forgetful = ForgetfulStore(base: target, partition: rows[0].key.partition)
        let report = try await Verifier(temporaryDirectory: directory.path).verify(source, against: forgetful)
        #expect(report.isEqual)
        #expect(report.cleared == rows.filter { $0.key.partition == rows[0].key.partition }.count)
    }

    @Test func stopsWhenCancelled() async throws {
        let path = directory.path
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Verifier(temporaryDirectory: path).verify(MemoryStore(), against: MemoryStore())
        }
        let error = await #expect(throws: StoreError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }
}

@Suite struct PageComparisonTests {
    private func page(_ keys: [String], _ values: [UInt8] = []) -> ScanPage {
        var builder = ScanPageBuilder(store: StoreIdentity(nonce: 1), space: .records, options: ScanOptions())
        for (index, key) in keys.enumerated() {
            let value = index < values.count ? [values[index]] : []
            builder.append(Key("p", key), value: value, nonce: 1, isTombstone: false)
        }
        return builder.page(cursor: nil)
    }

    private let hash = RowHash.computed(RowHasher(DigestSeed(low: 1, high: 2)))

    @Test func asksForPagesAndTellsDifferences() throws {
        var comparison = PageComparison(hash)
        #expect(comparison.advance() == .needs(.source))
        try comparison.feed(page(["a", "c"], [0, 1]), to: .source)
        #expect(comparison.advance() == .needs(.target))
        try comparison.feed(page(["a"], [0]), to: .target)
        #expect(comparison.advance() == .needs(.target))
        #expect(comparison.takeDifferences().isEmpty)
        #expect(comparison.digest(of: .source) == comparison.digest(of: .target))
        try comparison.feed(page(["b", "c"], [0, 2]), to: .target)
        #expect(comparison.advance() == .needs(.source))
        #expect(
            comparison.takeDifferences() == [
                Difference(kind: .extra, key: Key("p", "b")), Difference(kind: .different, key: Key("p", "c")),
            ]
        )
        try comparison.feed(page(["d"]), to: .source)
        #expect(comparison.advance() == .needs(.target))
        try comparison.feed(nil, to: .target)
        #expect(comparison.advance() == .needs(.source))
        #expect(comparison.takeDifferences() == [Difference(kind: .missing, key: Key("p", "d"))])
        try comparison.feed(nil, to: .source)
        #expect(comparison.advance() == .done)
        #expect(comparison.advance() == .done)
        #expect(comparison.digest(of: .source).records == 3)
        #expect(comparison.digest(of: .target).records == 3)
        #expect(comparison.digest(of: .source) != comparison.digest(of: .target))
    }

    @Test(arguments: [Side.source, .target])
    func refusesRowsOutOfOrder(side: Side) throws {
        for pages in [[["b", "a"]], [["a", "a"]], [["a", "c"], ["b"]], [["a"], ["a"]]] {
            var comparison = PageComparison(hash)
            let error = #expect(throws: StoreError.self) {
                for keys in pages { try comparison.feed(page(keys), to: side) }
            }
            #expect(error?.code == .corrupted)
        }
    }
}

@Suite struct RateEstimatorTests {
    @Test func looksBackOverItsWindow() {
        var estimator = RateEstimator()
        #expect(estimator.perSecond == nil)
        estimator.note(0, at: .zero)
        estimator.note(50, at: .milliseconds(900))
        #expect(estimator.perSecond == nil)
        for second in 1...20 { estimator.note(second * 100, at: .seconds(second)) }
        #expect(estimator.perSecond == 100)
        #expect(estimator.remaining(of: 3_000) == .seconds(10))
        #expect(estimator.remaining(of: 1_000) == nil)
        for second in 21...40 { estimator.note(2_000 + (second - 20) * 10, at: .seconds(second)) }
        #expect(estimator.perSecond == 10)
    }

    @Test func knowsNoEndOfAStandstill() {
        var estimator = RateEstimator()
        for second in 0...30 { estimator.note(5, at: .seconds(second)) }
        #expect(estimator.perSecond == 0)
        #expect(estimator.remaining(of: 10) == nil)
    }

    @Test func keepsFewSamples() {
        var estimator = RateEstimator()
        for millisecond in 0..<30_000 { estimator.note(millisecond, at: .milliseconds(millisecond)) }
        let rate = estimator.perSecond ?? 0
        #expect(abs(rate - 1_000) < 1)
    }
}

/// Its scans deliver every page twice.
private struct RepeatingStore: PassingStore {
    let base: any KeyValueStore

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let isSecond = cursor?.bytes.last == 0xAA
        let inner = cursor.map { Cursor(bytes: Array($0.bytes.dropLast())) }.flatMap { $0.bytes.isEmpty ? nil : $0 }
        let page = try await base.scan(range, options, after: inner)
        var builder = ScanPageBuilder(store: StoreIdentity(nonce: 0), space: range.space, options: options)
        for row in page { builder.append(row.key, value: Array(row.value), nonce: 0, isTombstone: row.isTombstone) }
        // The last byte says whether the page that the cursor leads to comes for the second time.
        let again = Cursor(bytes: (inner?.bytes ?? []) + [0xAA])
        return builder.page(cursor: isSecond ? page.cursor.map { Cursor(bytes: $0.bytes + [0x55]) } : again)
    }
}

/// Its scans leave one partition out.
private struct ForgetfulStore: PassingStore {
    let base: any KeyValueStore
    let partition: [UInt8]

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        var builder = ScanPageBuilder(store: StoreIdentity(nonce: 0), space: range.space, options: options)
        for row in page where !row.partition.elementsEqual(partition) {
            builder.append(row.key, value: Array(row.value), nonce: 0, isTombstone: row.isTombstone)
        }
        return builder.page(cursor: page.cursor)
    }
}
