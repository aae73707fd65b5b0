import KeyValue
import Tuples

/// What some records add to a count or a sum, in one batch that looks whether they still are as they were read. Pure, but
/// for reading.
struct TotalAddition: Sendable {
    private let records: [RecordRow]
    private let plan: ChangePlan
    private var seen: [Key: Entry] = [:]

    /// That of records of one partition, at least partition scope.
    init(
        of records: [RecordRow],
        to index: Index,
        _ shape: RecordShape,
        _ layout: RecordLayout,
        _ capabilities: Capabilities
    ) throws(RecordError) {
        self.records = records
        let name = RecordLayout.name(of: index, shape)
        var sums: [Key: Int64] = [:]
        var publications: [Key: Publication] = [:]
        for record in records {
            let projection = record.projection.keeping(name)
            publications.merge(projection.publications) { first, _ in first }
            for (key, amount) in projection.totals {
                let (sum, overflows) = amount.addingReportingOverflow(sums[key] ?? 0)
                guard !overflows else {
                    throw RecordError(
                        .tooLarge,
                        "A sum leaves the range of a 64-bit integer.",
                        ["type": shape.name, "index": index.name]
                    )
                }
                sums[key] = sum
            }
        }
        guard let first = records.first else {
            plan = ChangePlan()
            return
        }
        plan = ChangePlan(of: RowChanges(adding: sums, publications), of: first.key, capabilities)
    }

    /// The indexes whose totals over all partitions the batch can't reach.
    var behind: Set<String> { plan.behind }

    mutating func read(_ writer: RecordWriter) async throws {
        guard !writer.store.capabilities.integerAdd, !plan.sums.isEmpty else { return }
        seen = try await writer.rows(at: Set(plan.sums.keys))
    }

    func operations(_ capabilities: Capabilities, _ rules: WriteRules) -> [WriteBatch.Operation] {
        var operations: [WriteBatch.Operation] = []
        if rules.contains(.countUnchanged) {
            operations += records.map { WriteBatch.Operation(.check, at: $0.key, if: $0.unchanged) }
        }
        operations += plan.sums.sorted { $0.key < $1.key }.map { key, amount in
            ChangeAttempt.addition(of: amount, to: key, seen[key], capabilities)
        }
        operations += plan.notices.sorted().map { WriteBatch.Operation(.put([]), at: $0) }
        return operations
    }
}
