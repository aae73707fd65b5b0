#if S3
import AWSClient
public import KeyValue
import StoreHTTP

extension BucketStore {
    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        var warnings: [String] = []
        if !powers.conditionalWrite {
            warnings.append(
                "The server does not heed conditions of writes: use the store with one writer, or to copy from."
            )
        }
        let versioning: String
        do throws(StoreError) {
            versioning = try await client.versioning() ?? "off"
        } catch {
            // Not every user may ask, and not every server knows.
            guard [.permissionDenied, .unsupported, .invalidArgument].contains(error.code) else { throw error }
            versioning = "unknown"
        }
        if versioning == "Enabled" {
            warnings.append("The bucket keeps every version of every object: have old ones removed, or pay for them.")
        }
        return StoreStatus(
            durability: capabilities.durability,
            format: BucketLayout.format,
            facts: [
                StoreStatus.Fact("bucket", client.bucket),
                StoreStatus.Fact("prefix", String(decoding: layout.prefix, as: UTF8.self)),
                StoreStatus.Fact("server", "\(client.caller.endpoint)"),
                StoreStatus.Fact("region", client.caller.signer.region),
                StoreStatus.Fact("conditions of writes", powers.conditionalWrite ? "yes" : "no"),
                StoreStatus.Fact("conditions of deletes", powers.conditionalDelete ? "yes" : "no"),
                StoreStatus.Fact("versioning", versioning),
            ],
            warnings: warnings
        )
    }
}
#endif
