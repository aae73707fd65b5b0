public import KeyValue
import Tuples

/// What a store says of the records in it, for programs that have no declarations: it needs nobody's messages.
public struct RecordCatalog: Sendable {
    let store: any KeyValueStore
    let environment: StoreEnvironment

    /// The catalog of a store.
    public init(_ store: any KeyValueStore, environment: StoreEnvironment = .live) {
        self.store = store
        self.environment = environment
    }

    /// The namespaces of records in the store, in their order. It lists the partitions of reserved space.
    public func namespaces() async throws -> [String] {
        var found: Set<String> = []
        var cursor: Cursor?
        repeat {
            let page = try await store.partitions(in: .reservedData, limit: 256, after: cursor)
            for partition in page.partitions {
                // A partition that is no tuple is somebody else's.
                guard let name = try? Tuple(decoding: partition), name.elements.count == 2, name.elements[1] == 2,
                    case .string(let namespace) = name.elements[0]
                else { continue }
                found.insert(namespace)
            }
            cursor = page.cursor
        } while cursor != nil
        return found.sorted()
    }

    /// The schema of a namespace.
    ///
    /// - Throws: ``RecordError/Code/outdatedSchema`` where there is none.
    public func describeSchema(of namespace: String) async throws -> SchemaDescription {
        try await keeper(of: namespace).read().0
    }

    /// Takes an index out of use and removes all that it keeps, as ``RecordStore/dropIndex(_:of:pace:)`` does.
    ///
    /// - Returns: How many rows were removed.
    public func dropIndex(
        _ name: String,
        of type: String,
        in namespace: String,
        pace: IndexWorkPace = IndexWorkPace()
    ) async throws -> Int {
        let remover = IndexRemover(
            store: store,
            layout: RecordLayout(namespace: namespace),
            environment: environment,
            schema: try keeper(of: namespace),
            type: type,
            index: name,
            pace: pace
        )
        return try await remover.drop()
    }

    /// Removes a record type with all of its records and indexes, for ever. It takes two leases of the schema, and a pass
    /// over all rows of the type; after a crash, call it again.
    ///
    /// Programs that declare the type can neither write nor ask from then on, also none of their other types: start the
    /// release that leaves it out first. One that declares it when all is done begins it anew, without records.
    ///
    /// - Returns: How many rows were removed.
    public func retireType(
        _ type: String,
        in namespace: String,
        pace: IndexWorkPace = IndexWorkPace()
    ) async throws -> Int {
        let rows = RowRemover(
            store: store,
            layout: RecordLayout(namespace: namespace),
            environment: environment,
            schema: try keeper(of: namespace),
            pace: pace
        )
        return try await TypeRemover(rows: rows, type: type).retire()
    }

    private func keeper(of namespace: String) throws(RecordError) -> SchemaKeeper {
        try SchemaKeeper(
            store: store,
            layout: RecordLayout(namespace: namespace),
            declared: [:],
            environment: environment
        )
    }
}
