#if CloudflareKV
public import KeyValue

/// The units of ``CloudflareKVStore/listPrices``, by their places.
enum BilledUnit: Int {
    case reads
    case writes
    case deletes
    case lists
}

/// Every key of a call that reads or changes many is billed by itself, also one that is not there.
extension CloudflareKVStore: BilledStore {
    /// Those of the paid plan.
    static let listPrices = Tariff(
        [
            Tariff.Unit("keys read", pricePerMillion: 0.5),
            Tariff.Unit("keys written", pricePerMillion: 5),
            Tariff.Unit("keys deleted", pricePerMillion: 5),
            Tariff.Unit("list requests", pricePerMillion: 5),
        ],
        currency: "USD",
        region: nil,
        date: "2025-01"
    )

    public var tariff: Tariff { CloudflareKVStore.listPrices }

    public var billed: BilledUnits { namespace.meter.total }

    public func units(ofWriting bytes: Int) -> BilledUnits {
        BilledUnits(requests: 1 / Double(CloudflareKVStore.keysACall), [0, 1, 0, 0])
    }
}
#endif
