import KeyValue
public import Tuples

/// The records of a namespace, opened without the generated code of their messages.
public struct DescribedRecords: Sendable {
    /// The records, of all types that could be described.
    public let records: RecordStore
    /// The types, by their names.
    public let types: [String: RecordType<StoredMessage>]
}

extension RecordCatalog {
    /// Opens the records of a namespace by what the store's schema says of them, in place of declarations.
    ///
    /// Whatever ``RecordStore`` does with declared types it does with these: queries, building and scrubbing of indexes,
    /// totals. The fields have to be declared by their numbers, as `Field.one(_:_:number:as:isOptional:)` does.
    ///
    /// - Parameters:
    ///   - namespace: The namespace.
    ///   - names: The types that are wanted; nil for all.
    ///   - declared: Types that are brought into the schema, as a program's declarations are. The states and generations
    ///     of their indexes count for nothing.
    ///   - cursorKey: The secret that the cursors of queries are sealed with.
    ///   - wallClock: The time of day, which records' expiry is compared with.
    /// - Throws: ``RecordError/Code/unsupported`` with the name of a field that only the service's code can read, and
    ///   ``RecordError/Code/outdatedSchema`` for a namespace that is not there.
    public func open(
        _ namespace: String,
        types names: [String]? = nil,
        declaring declared: [RecordTypeDescription] = [],
        cursorKey: CursorKey,
        wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> DescribedRecords {
        var types: [String: RecordType<StoredMessage>] = [:]
        for description in declared { types[description.name] = try RecordType(describedBy: description) }
        let stored = declared.isEmpty ? try await describeSchema(of: namespace).types : []
        for description in stored where names?.contains(description.name) ?? true {
            types[description.name] = try RecordType(describedBy: description)
        }
        if let missing = names?.first(where: { types[$0] == nil }) {
            throw RecordError(
                .invalidDeclaration,
                "The schema on the store has no type of this name.",
                ["type": missing, "namespace": namespace]
            )
        }
        let records = try await RecordStore.open(
            store,
            namespace: namespace,
            types: types.values.sorted { $0.name < $1.name },
            cursorKey: cursorKey,
            requiring: .exclusiveWrites,
            environment: environment,
            wallClock: wallClock
        )
        return DescribedRecords(records: records, types: types)
    }
}
