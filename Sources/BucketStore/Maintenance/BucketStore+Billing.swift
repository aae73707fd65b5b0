#if S3
public import KeyValue

/// The units of ``BucketStore/listPrices``, by their places.
enum BilledUnit: Int {
    case writes
    case reads
}

/// Those of S3, whoever's server the bucket is on: the standard class, without transitions. Deletes are free.
extension BucketStore: BilledStore {
    static let listPrices = Tariff(
        [
            Tariff.Unit("PUT, POST and LIST requests", pricePerMillion: 5),
            Tariff.Unit("GET and other requests", pricePerMillion: 0.4),
        ],
        currency: "USD",
        region: "us-east-1",
        date: "2024-11"
    )

    public var tariff: Tariff { BucketStore.listPrices }

    public var billed: BilledUnits { client.meter.total }

    public func units(ofWriting bytes: Int) -> BilledUnits { BilledUnits(requests: 1, [1, 0]) }
}
#endif
