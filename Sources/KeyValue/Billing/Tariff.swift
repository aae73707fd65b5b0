/// What the operator of a store bills its users for, at the prices of a published list.
///
/// Storage, traffic and what is free at the beginning are left out. Prices change: ``date`` says when these were in
/// force, and whoever pays has agreements of their own.
public struct Tariff: Hashable, Sendable {
    /// What is counted.
    public struct Unit: Hashable, Sendable {
        /// In the operator's words, in the plural.
        public let name: String
        /// What a million of them cost, in ``Tariff/currency``.
        public let pricePerMillion: Double

        /// A unit from its parts.
        public init(_ name: String, pricePerMillion: Double) {
            self.name = name
            self.pricePerMillion = pricePerMillion
        }
    }

    /// What is counted, in the order of ``BilledUnits/counts``.
    public let units: [Unit]
    /// Three letters, as ISO 4217 has them.
    public let currency: String
    /// For where the prices are; nil where they are the same everywhere.
    public let region: String?
    /// A month in which they were in force: 2025-01.
    public let date: String

    /// A list of prices from its parts.
    public init(_ units: [Unit], currency: String, region: String?, date: String) {
        self.units = units
        self.currency = currency
        self.region = region
        self.date = date
    }

    /// What units cost. O(number of units).
    public func price(of billed: BilledUnits) -> Double {
        zip(units, billed.counts).reduce(0) { $0 + $1.0.pricePerMillion * $1.1 / 1_000_000 }
    }

    /// Where these prices come from, for people: "USD, list prices of us-east-1, 2024-11".
    public var source: String { ["\(currency), list prices", region, date].compactMap { $0 }.joined(separator: ", ") }
}
