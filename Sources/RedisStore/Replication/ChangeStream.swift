#if Redis
import KeyValue

/// What tells which keys of one Redis change, in the order in which they do.
protocol ChangeStream: Sendable {
    /// Where it began.
    var beginning: RedisStreamPosition { get }
    /// Whether nothing has gone by between the position that was asked for and where it began.
    var isContinued: Bool { get }

    /// The place behind everything that has changed before the call, which ``next()`` comes to.
    func present() async throws(StoreError) -> RedisStreamPosition

    /// The next changes; it waits until there are some. One caller at a time. Throws when the stream ends.
    func next() async throws(StoreError) -> RedisChanges

    /// Lets go of the connection. A call that waits throws.
    func close()
}

/// Some changes.
struct RedisChanges: Sendable {
    /// In their order; may be none, where the server only said that it is there.
    var changes: [RedisChange]
    /// Behind all of them: where to go on after this.
    var position: RedisStreamPosition
}

/// How a server tells of changes.
enum ChangeWay: String, Sendable, CaseIterable {
    /// By what it sends to replicas.
    case stream
    /// By its keyspace events, while somebody listens.
    case events

    var guarantee: ForeignGuarantee {
        switch self {
        case .stream: .streamed
        case .events: .notified
        }
    }

    func open(
        _ client: RedisClient,
        _ configuration: RedisConfiguration,
        _ endpoint: RedisEndpoint,
        from position: RedisStreamPosition?,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any ChangeStream {
        switch self {
        case .stream:
            return try await RedisChangeStream.open(client, configuration, endpoint, from: position)
        case .events:
            return try await RedisEventStream.open(client, configuration, endpoint, environment: environment)
        }
    }
}
#endif
