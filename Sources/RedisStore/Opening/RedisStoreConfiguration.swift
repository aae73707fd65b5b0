#if Redis
/// How a store is opened, beside where its servers are.
struct RedisStoreConfiguration: Hashable, Sendable {
    /// What the names of the store's keys begin with: 1 to 128 bytes without braces. Stores with different prefixes
    /// know nothing of each other, as long as no prefix begins with another.
    var prefix = "wh:"
    /// How many replicas have a write before it is acknowledged.
    var replicas = 0
    /// Whether a server may be used that removes keys by itself when its memory is full.
    var acceptsEviction = false
    /// Whether a store may be opened whose records were moved away. It takes no writes.
    var acceptsMovedAway = false
}
#endif
