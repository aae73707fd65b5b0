#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP

/// Opens `dynamodb://table?region=eu-central-1`, a table of DynamoDB.
///
/// The credentials are those of `dynamodb://key:secret@table`, or else those of the process's surroundings: variables,
/// profiles, roles of pods, containers and instances, in the order in which Amazon's own tools look for them. Lent ones
/// are fetched anew before they end.
///
/// The options are `region`, otherwise that of `AWS_REGION` or of the profile; `profile`, the name of one; `endpoint`, a
/// server in the place of Amazon's; `capacity=reads,writes`, with which a table is made that has so many units a second,
/// where one is made at all, rather than one that is paid by request; `timeout`, the seconds that a call may take, 30;
/// `connections`, how many there are at most, 8; and `ca`, a file of authorities in the place of the system's. `accept`
/// takes `moved`.
public struct DynamoDBDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["dynamodb"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: AWSAccess.options + HTTPConfiguration.options + ["capacity"])
        let table = try TableConfiguration(location)
        let surroundings = AWSSurroundings.live
        let access = try AWSAccess(location, in: surroundings)
        let endpoint = try access.endpoint(of: "dynamodb")
        let configuration = try HTTPConfiguration(location, isEncrypted: endpoint.isEncrypted)
        let transport = try AsyncTransport(configuration, environment: environment)
        let caller = HTTPCaller(
            transport,
            environment: environment,
            planner: RetryPlanner(policy: RetryPolicy(attemptsMax: 10)),
            timeout: configuration.callTimeout
        )
        let client = DynamoDBClient(
            caller: AWSCaller(
                caller,
                signer: access.signer(of: "dynamodb", .normalized, caller, in: surroundings),
                endpoint: endpoint,
                clock: surroundings.secondsSince1970,
                showsPayloadHash: false
            ),
            table: table.name
        )
        return try await DynamoDBStore.open(client, table)
    }
}
#endif
