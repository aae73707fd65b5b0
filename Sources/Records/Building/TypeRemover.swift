import KeyValue
import Tuples

/// Removes a record type with all of its records and indexes, while others use the store.
///
/// The schema says first that the type is retired: from then on no program that declares it may write or ask. When two
/// leases later none is left that acts on the schema before, its rows go, in pages: indexes, then records, then what is
/// beside them; then the schema forgets it. After a crash it is begun again, and goes on where it was.
struct TypeRemover: Sendable {
    let rows: RowRemover
    let type: String

    /// How many rows were removed.
    func retire() async throws -> Int {
        let schema = rows.schema
        let description = try await schema.change { (description) throws(RecordError) in
            try description.update(type) { $0.isRetired = true }
        }
        try await schema.barrier()
        guard let retired = description[type: type] else { return 0 }
        func requireLeave(_ description: SchemaDescription) throws {
            guard description[type: type]?.isRetired == true else {
                throw RecordError(
                    .indexNotReady,
                    "Somebody else has retired the type: nothing more is removed.",
                    ["type": type]
                )
            }
        }
        var removed = 0
        for index in retired.indexes { removed += try await rows.remove(index, of: retired, requireLeave) }
        var partitions = RecordPartitions(retired, rows.store, rows.layout)
        partitions.spaces = [.records, .reservedData]
        try await partitions.visit { partition in
            for kind in [RecordLayout.Kind.record, .intent, .stamp] {
                removed += try await rows.remove(kind, type, in: partition, requireLeave)
            }
        }
        _ = try await schema.change { (description) throws(RecordError) in
            guard description[type: type]?.isRetired == true else { return }
            description.types.removeAll { $0.name == type }
            description.epoch += 1
        }
        return removed
    }
}
