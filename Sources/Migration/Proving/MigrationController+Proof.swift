public import KeyValue

extension MigrationController {
    /// What has been proven so far, and what not. Workers prove, once everything has been copied.
    public func proof() async throws(StoreError) -> ProofReport { try await stores.control.proofReport() }

    /// Lets the workers prove everything anew, from the first record on. Until they are done with it, no switch from the
    /// source to the target is made.
    public func proveAgain() async throws(StoreError) {
        _ = try await change { (_) throws(StoreError) in "asked for a new proof" }
        try await stores.control.removeProof()
        try await stores.control.noteDebt()
    }

    /// Makes those records that were found to differ in the target, or after the switch in the source, like those that
    /// clients see; how many.
    ///
    /// Find out first how they came to differ: a difference that is there without anybody's write is a defect of a
    /// store, of its server, or of this program, or somebody has written past the migration.
    @discardableResult
    public func repair() async throws(StoreError) -> Int {
        let record = try await record()
        guard let direction = record.mode.direction else {
            throw .invalidArgument(
                "Records can be repaired while changes are captured, before the switch or after it.",
                ["mode": "\(record.mode)"]
            )
        }
        let differences = try await stores.control.differences()
        let repaired = try await Reconciler(stores).carry(differences.map(\.key), direction)
        for difference in differences where repaired.contains(difference.key) {
            try await stores.control.remove(difference)
        }
        try await stores.control.noteDebt()
        _ = try await change { (_) throws(StoreError) in "repaired \(repaired.count) of \(differences.count) records" }
        return repaired.count
    }
}
