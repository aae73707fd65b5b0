#if DynamoDB
public import KeyValue
import StoreHTTP

/// The units of ``DynamoDBStore/listPrices``, by their places.
enum BilledUnit: Int {
    case writes
    case reads

    /// What the service says that a request came to; nil where it does not say.
    static func consumed(_ reply: JSON) -> Double? {
        guard let said = reply["ConsumedCapacity"] else { return nil }
        let units = (said.items ?? [said]).compactMap { said -> Double? in
            guard case .number(let digits)? = said["CapacityUnits"] else { return nil }
            return Double(digits)
        }
        return units.isEmpty ? nil : units.reduce(0, +)
    }

    /// What an item of so many bytes takes in a transaction: two for each KiB that is begun.
    static func writing(_ bytes: Int) -> Double { Double(2 * max(1, (bytes + 1_023) / 1_024)) }
}

/// Those of tables that are paid by request, of the standard class.
extension DynamoDBStore: BilledStore {
    static let listPrices = Tariff(
        [
            Tariff.Unit("write request units", pricePerMillion: 0.625),
            Tariff.Unit("read request units", pricePerMillion: 0.125),
        ],
        currency: "USD",
        region: "us-east-1",
        date: "2024-11"
    )

    public var tariff: Tariff { DynamoDBStore.listPrices }

    public var billed: BilledUnits { client.meter.total }

    /// Its item in a transaction of as many as there may be, with its part of the check of the fence.
    public func units(ofWriting bytes: Int) -> BilledUnits {
        let together = Double(capabilities.limits.batchOperationsMax)
        // What an item has beside the record: the byte before its partition, the nonce, and names.
        let item = BilledUnit.writing(bytes + 1 + 8 + 4)
        return BilledUnits(requests: 1 / together, [item + BilledUnit.writing(0) / together, 0])
    }
}

extension Item {
    /// As the service counts an item: names and values. A number is a little less.
    var bytes: Int {
        attributes.reduce(0) { sum, attribute in
            let value = attribute.value
            return sum + attribute.key.utf8.count
                + (value.bytes?.count ?? value.text?.utf8.count ?? value.digits?.utf8.count ?? 0)
        }
    }
}
#endif
