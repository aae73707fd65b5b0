#if SQLite
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

/// Every query finds its rows in the tree's own order: none sorts, none looks at rows that it does not need.
@Suite struct PlanTests {
    private func plan(_ query: Query, _ raw: RawDatabase) throws -> [String] {
        try raw.run("EXPLAIN QUERY PLAN " + query.text).compactMap(\.last)
    }

    private func database() async throws -> (TemporaryDirectory, RawDatabase) {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        return (directory, try RawDatabase(directory.file()))
    }

    @Test(arguments: 0..<ScanShape.count)
    func scansFollowTheKey(_ number: Int) async throws {
        let shape = ScanShape(rawValue: number)
        let (directory, raw) = try await database()
        for space in KeySpace.allCases {
            let bounds =
                switch (shape.contains(.onePartition), shape.contains(.upperBound)) {
                case (true, true): "(p=? AND k>? AND k<?)"
                case (true, false): "(p=? AND k>?)"
                case (false, true): "(p>? AND p<?)"
                case (false, false): "(p>?)"
                }
            #expect(try plan(.scan(shape, space), raw) == ["SEARCH \(space.table) USING PRIMARY KEY \(bounds)"])
            // The index alone bounds the rows: none is compared once more.
            let operations = try raw.run("EXPLAIN " + Query.scan(shape, space).text).map { $0[1] }
            #expect(Set(operations).isDisjoint(with: ["Lt", "Le", "Gt", "Ge"]))
        }
        withExtendedLifetime(directory) {}
    }

    @Test(arguments: KeySpace.allCases)
    func lookUpsFollowTheKey(_ space: KeySpace) async throws {
        let (directory, raw) = try await database()
        for query in [Query.row(space), .occupant(space), .remove(space)] {
            #expect(try plan(query, raw) == ["SEARCH \(space.table) USING PRIMARY KEY (p=? AND k=?)"])
        }
        #expect(try plan(.partition(space), raw) == ["SEARCH \(space.table) USING PRIMARY KEY (p>?)"])
        #expect(try plan(.marks, raw) == ["SEARCH marks USING PRIMARY KEY (id>?)"])
        for query in [Query.largeValue, .removeLargeValue] {
            #expect(try plan(query, raw) == ["SEARCH large_values USING INTEGER PRIMARY KEY (rowid=?)"])
        }
        #expect(try plan(.removeMark, raw) == ["SEARCH marks USING PRIMARY KEY (id=?)"])
        withExtendedLifetime(directory) {}
    }

    @Test func everyQueryHasASlotOfItsOwn() {
        var queries: [Query] = [
            .begin, .beginImmediate, .commit, .rollback, .fence, .putFence, .putMark, .removeMark, .marks,
            .largeValue, .putLargeValue, .removeLargeValue, .hasLargeValues,
        ]
        for space in KeySpace.allCases {
            queries += [.row(space), .occupant(space), .put(space), .remove(space), .partition(space)]
            queries += (0..<ScanShape.count).map { .scan(ScanShape(rawValue: $0), space) }
        }
        #expect(Set(queries.map(\.slot)) == Set(0..<Query.slots))
        #expect(Set(queries.map(\.text)).count == Query.slots)
    }
}
#endif
