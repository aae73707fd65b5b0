import Records

/// The code of the error of records that a call ends with; nil when it succeeds, or fails otherwise.
func code(_ body: () async throws -> Void) async -> RecordError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? RecordError)?.code
    }
}
