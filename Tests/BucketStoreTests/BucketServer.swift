#if S3
import AWSClient
import KeyValue
import StoreHTTP
import TestServers

@testable import BucketStore

/// Buckets of tests, in an imitation of S3 or in the real gateway of Ceph.
struct BucketServer: Sendable {
    let endpoint: String
    /// Whether a wrong signature is refused.
    var checksSignatures = false
    let stop: @Sendable () -> Void

    /// The one imitation that all tests share, through a proxy of its own.
    static func moto() async throws -> (BucketServer, SerialProxy) {
        let proxy = try await MotoServer.shared().makeProxy()
        return (BucketServer(endpoint: proxy.url) { proxy.stop() }, proxy)
    }

    static func ceph() async throws -> BucketServer {
        let gateway = try await CephGateway.start()
        return BucketServer(endpoint: "http://127.0.0.1:\(gateway.port)", checksSignatures: true) { gateway.kill() }
    }

    func url(_ bucket: String, prefix: String = "", timeout: Int = 300) -> String {
        let user = "\(CephGateway.accessKeyID):\(CephGateway.secretAccessKey)"
        return "s3://\(user)@\(bucket)/\(prefix)?region=us-east-1&endpoint=\(endpoint)&timeout=\(timeout)"
    }

    /// What speaks to a bucket without a store.
    func client(_ bucket: String) throws -> BucketClient {
        let location = try StoreLocation(url(bucket))
        let configuration = try BucketConfiguration(location, in: .live)
        let transport = try AsyncTransport(HTTPConfiguration(), environment: .live)
        return try configuration.client(HTTPCaller(transport, environment: .live, timeout: .seconds(60)))
    }

    /// Makes a bucket.
    func make(_ bucket: String) async throws {
        let client = try client(bucket)
        let request = AWSCaller.Request("PUT", path: "/" + bucket, changes: true)
        try await client.caller.call(request) { (reply) throws(StoreError) in reply.isSuccess ? () : nil }
        await client.close()
    }

    func open(_ url: String) async throws -> any KeyValueStore {
        try await BucketDriver().open(StoreLocation(url), environment: .live)
    }
}

extension BucketClient {
    func close() async { await caller.caller.transport.close() }

    /// Has the bucket keep versions, or no more.
    func setVersioning(_ status: String) async throws(StoreError) {
        let body = "<VersioningConfiguration><Status>\(status)</Status></VersioningConfiguration>"
        let request = AWSCaller.Request(
            "PUT",
            path: "/" + bucket,
            query: [NamedValue("versioning", "")],
            body: Array(body.utf8),
            changes: true
        )
        try await caller.call(request) { (reply) throws(StoreError) in reply.isSuccess ? () : nil }
    }
}
#endif
