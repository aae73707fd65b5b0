public import KeyValue

extension Copier {
    /// Writes the rows of a dump, as ``copy(_:)`` does, and puts them in order first where the dump is not: then nothing
    /// is written before all of it was verified.
    ///
    /// An ordered dump is written while it is read. When it turns out to be damaged, what came before the damage may
    /// have been written. A restore that was stopped is finished by running it again.
    /// - Parameters:
    ///   - dump: what is read, to its end.
    ///   - temporaryDirectory: where the sorter may spill to.
    public func restore(
        _ dump: inout DumpReader<some ByteSource>,
        temporaryDirectory: String
    ) async throws(StoreError) -> CopyReport {
        guard dump.header.isOrdered else {
            return try await copy(
                &dump,
                sorted: SortOptions(duplicates: .keepLast),
                temporaryDirectory: temporaryDirectory
            )
        }
        return try await copy(&dump)
    }
}
