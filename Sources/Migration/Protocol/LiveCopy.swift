/// How a live copier carries over one row: it reads it in the source, some time later it writes it to the target, and
/// in between anything may happen.
package enum LiveCopy {
    /// The write for a row that was read in the source; nil when there is nothing to copy.
    ///
    /// A row that is in the target already, tombstones included, was written after the copy began, by a reconciler or
    /// by a client, and is at least as new.
    package static func write<Value, Token>(
        of row: Slot<Value, Token>,
        _ rules: MigrationRules = .all
    ) -> WorkerWrite<Value, Token>? {
        guard let value = row.value else { return nil }
        return WorkerWrite(
            action: .put(value),
            condition: rules.contains(.copyIntoVacancy) ? .vacant : .anything
        )
    }
}
