extension RecordStore {
    /// The schema as it is on the store now.
    public func describeSchema() async throws -> SchemaDescription { try await schema.read().0 }
}
