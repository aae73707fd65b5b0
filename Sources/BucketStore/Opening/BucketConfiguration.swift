#if S3
import AWSClient
import KeyValue
import StoreHTTP

/// Which bucket, where, and how it is spoken to.
struct BucketConfiguration: Sendable {
    var bucket: String
    var prefix: String
    var access: AWSAccess
    var isPathStyle: Bool
    var createsStore: Bool
    /// Whether a store may be opened whose records were moved away. It takes no writes.
    var acceptsMovedAway: Bool
    var clock: @Sendable () -> Int64

    init(_ location: StoreLocation, in surroundings: AWSSurroundings) throws(StoreError) {
        let servers = try location.servers()
        guard servers.count == 1, servers[0].port == nil else {
            throw .invalidArgument("A bucket is named by s3://bucket/prefix?region=….")
        }
        bucket = servers[0].host
        let isName = bucket.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2D, 0x2E].contains(byte)
        }
        guard isName, (3...63).contains(bucket.utf8.count) else {
            throw .invalidArgument(
                "The name of a bucket has 3 to 63 small letters, digits, hyphens and dots.",
                ["bucket": bucket]
            )
        }
        prefix = String(location.path.drop { $0 == "/" })
        access = try AWSAccess(
            location,
            in: surroundings,
            // Servers of others have one region, and most take this name for it.
            regionOtherwise: location.options["endpoint"] == nil ? nil : "us-east-1"
        )
        switch location.options["style"] {
        case nil: isPathStyle = access.endpoint != nil
        case "path"?: isPathStyle = true
        case "virtual"?: isPathStyle = false
        case let style?:
            throw .invalidArgument("The option style is path or virtual.", ["style": style])
        }
        createsStore = location.createsStore
        acceptsMovedAway = try location.acceptances().contains(.moved)
        clock = surroundings.secondsSince1970
    }

    /// The server to ask for objects of the bucket.
    func endpoint() throws(StoreError) -> HTTPEndpoint {
        var host = "s3.\(access.region).amazonaws.com"
        var port = 443
        var isEncrypted = true
        if let endpoint = access.endpoint {
            host = endpoint.host
            port = endpoint.port
            isEncrypted = endpoint.isEncrypted
        }
        if !isPathStyle { host = bucket + "." + host }
        return try HTTPEndpoint(host: host, port: port, isEncrypted: isEncrypted)
    }

    func client(_ caller: HTTPCaller) throws(StoreError) -> BucketClient {
        let signer = RequestSigner(
            access.credentials,
            region: access.region,
            service: "s3",
            pathForm: .verbatim
        )
        let caller = AWSCaller(
            caller,
            signer: signer,
            endpoint: try endpoint(),
            clock: clock,
            showsPayloadHash: true
        )
        return BucketClient(caller: caller, bucket: bucket, isPathStyle: isPathStyle)
    }
}
#endif
