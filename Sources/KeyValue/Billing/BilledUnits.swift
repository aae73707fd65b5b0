/// How much of what a ``Tariff`` counts.
public struct BilledUnits: Hashable, Sendable, Codable {
    /// Requests of all kinds, those among them that cost nothing.
    public var requests: Double
    /// Of each unit of the tariff, in its order.
    public var counts: [Double]

    /// Units from their parts.
    public init(requests: Double, _ counts: [Double]) {
        self.requests = requests
        self.counts = counts
    }

    /// Those of both together, which are of one tariff.
    public static func + (left: BilledUnits, right: BilledUnits) -> BilledUnits {
        BilledUnits(requests: left.requests + right.requests, zip(left.counts, right.counts).map { $0 + $1 })
    }

    /// So many times as many.
    public static func * (units: BilledUnits, factor: Double) -> BilledUnits {
        BilledUnits(requests: units.requests * factor, units.counts.map { $0 * factor })
    }

    /// What came since an earlier count of the same.
    public func since(_ earlier: BilledUnits) -> BilledUnits { self + earlier * -1 }
}
