#if S3
import AWSClient
import KeyValue
import StoreHTTP

/// Which bucket, where, and how it is spoken to.
struct BucketConfiguration: Sendable {
    var address: BucketAddress
    var prefix: String
    var createsStore: Bool
    /// Whether a store may be opened whose records were moved away. It takes no writes.
    var acceptsMovedAway: Bool
    private let surroundings: AWSSurroundings

    init(_ location: StoreLocation, in surroundings: AWSSurroundings) throws(StoreError) {
        address = try BucketAddress(location, in: surroundings)
        prefix = String(location.path.drop { $0 == "/" })
        createsStore = location.createsStore
        acceptsMovedAway = try location.acceptances().contains(.moved)
        self.surroundings = surroundings
    }

    /// The server to ask for objects of the bucket.
    func endpoint() throws(StoreError) -> HTTPEndpoint { try address.endpoint() }

    func client(_ caller: HTTPCaller) throws(StoreError) -> BucketClient {
        BucketClient(caller: try address.caller(caller, in: surroundings), address: address)
    }
}
#endif
