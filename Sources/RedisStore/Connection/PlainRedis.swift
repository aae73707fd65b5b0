#if Redis
public import KeyValue

/// The client below the store with nothing but plain commands, for the benchmarks to measure by itself.
@_spi(Benchmarks) public struct PlainRedis: Sendable {
    private let client: RedisClient

    /// Connects to a server on the loopback interface.
    public static func connect(port: Int) async throws(StoreError) -> PlainRedis {
        let configuration = RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: port)])
        return PlainRedis(client: try await RedisClient.connect(configuration, environment: .live))
    }

    /// `SET`s of these names and values, in one go.
    public func set(_ pairs: [(name: [UInt8], value: [UInt8])]) async throws(StoreError) {
        let replies = await client.send(pairs.map { RedisCommand("SET", [$0.name, $0.value], .writes) })
        for reply in replies { _ = try reply.get() }
    }

    /// The bytes that `GET`s of these names find, together.
    public func get(_ names: [[UInt8]]) async throws(StoreError) -> Int {
        var count = 0
        for reply in await client.send(names.map { RedisCommand("GET", [$0]) }) {
            count += try reply.get().bytes?.count ?? 0
        }
        return count
    }

    /// Lets go of the connection.
    public func close() async { await client.close() }
}
#endif
