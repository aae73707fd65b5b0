#if PostgreSQL
public import KeyValue

extension PostgreSQLStore {
    /// Opens the store in a database, and makes its schema if need be and the configuration lets it.
    ///
    /// - Parameters:
    ///   - parameters: libpq's connection parameters, such as `host`, `port`, `dbname`, `user`, `sslmode`.
    ///   - configuration: schema, connections and times, and what is accepted.
    ///   - environment: where time and randomness come from.
    /// - Throws: `StoreError.Code.unavailable` when the server can't be reached, `StoreError.Code.permissionDenied`
    ///   when it refuses the user, `StoreError.Code.unsupported` for servers before version 12,
    ///   `StoreError.Code.newerFormat`, `StoreError.Code.movedAway` unless the configuration accepts that,
    ///   `StoreError.Code.invalidArgument` for parameters that can't be and when there is no store and none is made.
    public static func open(
        _ parameters: [String: String],
        configuration: PostgreSQLConfiguration = PostgreSQLConfiguration(),
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> PostgreSQLStore {
        let connection = try connect(parameters, configuration: configuration, environment: environment)
        do throws(StoreError) {
            let facts = try ServerFacts(try await connection.read(ServerFacts.query))
            try facts.requireVersion()
            try await prepare(Schema(configuration.schema), on: connection, creates: configuration.createsSchema)
            let store = PostgreSQLStore(
                connection: connection,
                configuration: configuration,
                environment: environment,
                durability: facts.durability
            )
            let fence = try await store.reader.fence()
            if case .movedAway(let name) = fence.admission, !configuration.acceptsMovedAway {
                throw .movedAway(to: name)
            }
            return store
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The connections of a database, whatever lies in it.
    static func connect(
        _ parameters: [String: String],
        configuration: PostgreSQLConfiguration,
        environment: StoreEnvironment
    ) throws(StoreError) -> PostgreSQLConnection {
        try configuration.validate()
        let known = ConnectionTarget.knownNames()
        if let stranger = parameters.keys.sorted().first(where: { !known.contains($0) }) {
            throw .invalidArgument(
                "There is an option that neither this kind of store nor libpq knows.",
                ["option": stranger]
            )
        }
        let (seconds, attoseconds) = configuration.timeout.components
        let target = ConnectionTarget(
            parameters.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
            timeoutMilliseconds: seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        )
        return try PostgreSQLConnection(
            target,
            connections: configuration.connectionsMax,
            environment: environment
        )
    }

    /// Sees to it that the schema is there and of this format.
    private static func prepare(
        _ schema: Schema,
        on connection: PostgreSQLConnection,
        creates: Bool
    ) async throws(StoreError) {
        if let format = try await format(of: schema, on: connection) { return try require(format) }
        guard creates else {
            throw .invalidArgument("There is no store in this schema of the database.", ["schema": schema.name])
        }
        do throws(StoreError) {
            _ = try await connection.write(schema.creation.map { Query($0) })
        } catch  where error.code == .outcomeUnknown {
            // What counts is what is there.
        }
        guard let format = try await format(of: schema, on: connection) else {
            throw StoreError(.unavailable, "The store's tables were not made: try again.")
        }
        try require(format)
    }

    private static func require(_ format: Int64) throws(StoreError) {
        guard format <= Schema.format else {
            throw StoreError(
                .newerFormat,
                "The store was made by a newer release: use that.",
                ["format": "\(format)", "known": "\(Schema.format)"]
            )
        }
        guard format == Schema.format else {
            throw StoreError(.corrupted, "The store's format can't be: restore a copy.", ["format": "\(format)"])
        }
    }

    /// The number of the format; nil when there is no store.
    private static func format(
        of schema: Schema,
        on connection: PostgreSQLConnection
    ) async throws(StoreError) -> Int64? {
        let table = schema.name + ".format"
        let exists = try await connection.read(
            Query("SELECT to_regclass($1) IS NOT NULL") { $0.append(table) }
        )
        guard exists.integer(0, 0) == 1 else { return nil }
        return try await connection.read(Query("SELECT format FROM \(table)")).integer(0, 0)
    }
}
#endif
