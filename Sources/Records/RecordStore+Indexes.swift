extension RecordStore {
    /// The schema as it is on the store now.
    public func describeSchema() async throws -> SchemaDescription { try await schema.read().0 }

    /// Builds an index over the records that are there, while everybody goes on writing, and makes it readable.
    ///
    /// First every program that does not declare the index is shut out from writing, which takes two leases of the
    /// schema: start it when all programs of the release before are gone. What was done is kept: after a crash, call it
    /// again. It costs two passes over the records of the type, and a batch for each of them; a count or a sum takes six
    /// leases, one pass, and a batch for each page.
    ///
    /// - Parameters:
    ///   - name: The name of the index.
    ///   - type: The name of its type.
    ///   - pace: How hard to work.
    ///   - progress: Called after each page, from the task that builds.
    /// - Returns: What was done. The index stays write-only where records have the same values of a unique index.
    /// - Throws: ``RecordError/Code/contended`` for what others' changes did not let come to an end: call again.
    public func buildIndex(
        _ name: String,
        of type: String,
        pace: IndexWorkPace = IndexWorkPace(),
        progress: @escaping @Sendable (IndexWorkProgress) -> Void = { _ in }
    ) async throws -> IndexBuildReport {
        guard let shape = shapes[type], let index = shape.indexes.first(where: { $0.name == name }) else {
            throw RecordError(
                .invalidDeclaration,
                "Only an index that this program declares can be built.",
                ["type": type, "index": name]
            )
        }
        let builder = IndexBuilder(
            writer: writer,
            schema: schema,
            shape: shape,
            index: index,
            pace: pace,
            watch: IndexWorkWatch(progress)
        )
        return try await builder.build()
    }

    /// Takes an index out of use and removes all that it keeps, while everybody goes on. It takes four leases of the
    /// schema, and a pass over the index; after a crash, call it again.
    ///
    /// It works for any index of the schema. A program that goes on declaring it brings it back, disabled, when it opens
    /// the records again.
    /// - Returns: How many rows were removed.
    @discardableResult
    public func dropIndex(_ name: String, of type: String, pace: IndexWorkPace = IndexWorkPace()) async throws -> Int {
        let remover = IndexRemover(
            store: writer.store,
            layout: writer.layout,
            environment: writer.environment,
            schema: schema,
            type: type,
            index: name,
            pace: pace
        )
        return try await remover.drop()
    }
}
