#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP

extension DynamoDBStore {
    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        let description = try await client.describe()
        let capacity = description?["ProvisionedThroughput"]
        var facts = [
            StoreStatus.Fact("table", client.table),
            StoreStatus.Fact("region", client.caller.signer.region),
            StoreStatus.Fact("server", "\(client.caller.endpoint)"),
            StoreStatus.Fact("state", description?["TableStatus"]?.text ?? "unknown"),
            StoreStatus.Fact(
                "billing",
                description?["BillingModeSummary"]?["BillingMode"]?.text ?? "PROVISIONED"
            ),
        ]
        for (name, member) in [("reads a second", "ReadCapacityUnits"), ("writes a second", "WriteCapacityUnits")] {
            if let units = capacity?[member]?.integer, units > 0 { facts.append(StoreStatus.Fact(name, "\(units)")) }
        }
        if let items = description?["ItemCount"]?.integer {
            facts.append(StoreStatus.Fact("items, hours ago", "\(items)"))
        }
        if let bytes = description?["TableSizeBytes"]?.integer {
            facts.append(StoreStatus.Fact("bytes, hours ago", "\(bytes)"))
        }
        var warnings: [String] = []
        if !(description?["Replicas"]?.items ?? []).isEmpty {
            warnings.append(
                "The table has replicas in other regions: write in one region alone, or writes overwrite each other."
            )
        }
        if description?["DeletionProtectionEnabled"]?.bool != true {
            warnings.append("The table is not protected from being deleted: turn that on.")
        }
        return StoreStatus(
            durability: capabilities.durability,
            format: try await storedFormat() ?? DynamoDBLayout.format,
            facts: facts,
            warnings: warnings
        )
    }
}
#endif
