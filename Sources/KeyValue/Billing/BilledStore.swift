import Synchronization

/// A store whose operator bills what it is asked to do.
public protocol BilledStore: KeyValueStore {
    /// What is billed, at what price.
    var tariff: Tariff { get }

    /// What this store's requests came to since it was opened, as far as their replies tell. What a request was refused
    /// for, and another program's requests, may be billed and not be here.
    var billed: BilledUnits { get }

    /// What it takes to write one new record, as a copy writes many.
    ///
    /// - Parameter bytes: Of its partition, key and value together.
    func units(ofWriting bytes: Int) -> BilledUnits
}

/// Counts what a store is billed for.
public final class BilledMeter: Sendable {
    private let units: Mutex<BilledUnits>

    /// One that stands at nothing.
    ///
    /// - Parameter count: How many units its tariff has.
    public init(units count: Int) {
        units = Mutex(BilledUnits(requests: 0, Array(repeating: 0, count: count)))
    }

    /// What came together so far.
    public var total: BilledUnits { units.withLock { $0 } }

    /// Adds a request.
    ///
    /// - Parameters:
    ///   - unit: Its unit, as its place in the tariff; nil where it costs nothing.
    ///   - count: How many of these.
    public func add(_ unit: Int?, _ count: Double = 1) {
        units.withLock { units in
            units.requests += 1
            if let unit { units.counts[unit] += count }
        }
    }
}
