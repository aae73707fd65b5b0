#if S3
import AWSClient
public import KeyValue
import StoreHTTP

/// Opens `s3://bucket/prefix?region=eu-central-1`, the objects of a bucket under a prefix.
///
/// The credentials are those of `s3://key:secret@bucket`, or else those of the process's surroundings: variables,
/// profiles, roles of pods, containers and instances, in the order in which Amazon's own tools look for them. Lent ones
/// are fetched anew before they end. The bucket has to be there.
///
/// The options are `region`, otherwise that of `AWS_REGION` or of the profile; `profile`, the name of one; `endpoint`, a
/// server in the place of Amazon's; `style`, `path` where the bucket's name is a part of the path, as it is with an
/// endpoint, or `virtual` where it is a part of the host's name, as it is with Amazon; `timeout`, the seconds that a call
/// may take, 30; `connections`, how many there are at most, 8; and `ca`, a file of authorities in the place of the
/// system's. `accept` takes `moved`.
///
/// With `layout=raw` it opens ``BucketObjects``, the plain objects under the prefix.
public struct BucketDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["s3"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: BucketAddress.options + HTTPConfiguration.options + ["layout"])
        let configuration = try BucketConfiguration(location, in: .live)
        // Before a server is asked.
        let layout = try BucketLayout(prefix: configuration.prefix)
        let http = try HTTPConfiguration(location, isEncrypted: configuration.endpoint().isEncrypted)
        let transport = try AsyncTransport(http, environment: environment)
        let caller = HTTPCaller(
            transport,
            environment: environment,
            planner: RetryPlanner(policy: RetryPolicy(attemptsMax: 10)),
            timeout: http.callTimeout
        )
        if try location.isRaw() { return try await BucketObjects.open(caller, layout, configuration) }
        return try await BucketStore.open(caller, layout, configuration)
    }
}
#endif
