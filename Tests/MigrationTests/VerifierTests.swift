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
        #expect((report.source, report.target) == (300, 300))
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
        #expect(report.isEqual)
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

@Suite struct RowComparisonTests {
    private func row(_ key: String, _ value: UInt8 = 0) -> Row { Row(key: Key("p", key), value: [value]) }

    @Test func asksForPagesAndTellsSteps() throws {
        var comparison = RowComparison()
        #expect(comparison.next() == .needs(.source))
        try comparison.feed([row("a"), row("c", 1)], to: .source)
        #expect(comparison.next() == .needs(.target))
        try comparison.feed([row("a")], to: .target)
        #expect(comparison.next() == .equal)
        #expect(comparison.next() == .needs(.target))
        try comparison.feed([row("b"), row("c", 2)], to: .target)
        #expect(comparison.next() == .differs(Difference(kind: .extra, key: Key("p", "b"))))
        #expect(comparison.next() == .differs(Difference(kind: .different, key: Key("p", "c"))))
        #expect(comparison.next() == .needs(.source))
        try comparison.feed([row("d")], to: .source)
        #expect(comparison.next() == .needs(.target))
        try comparison.feed(nil, to: .target)
        #expect(comparison.next() == .differs(Difference(kind: .missing, key: Key("p", "d"))))
        #expect(comparison.next() == .needs(.source))
        try comparison.feed(nil, to: .source)
        #expect(comparison.next() == .done)
        #expect(comparison.next() == .done)
    }

    @Test(arguments: [RowComparison.Side.source, .target])
    func refusesRowsOutOfOrder(side: RowComparison.Side) throws {
        for pages in [[["b", "a"]], [["a", "a"]], [["a", "c"], ["b"]], [["a"], ["a"]]] {
            var comparison = RowComparison()
            let error = #expect(throws: StoreError.self) {
                for page in pages { try comparison.feed(page.map { row($0) }, to: side) }
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
