/// What is measured of SQLite and of the disk themselves.
enum Bound: String, CaseIterable {
    case get = "get"
    case getOnTwoThreads = "get on 2 threads"
    case getInTransaction = "get, 100 a transaction"
    case prefix = "prefix of 100"
    case scan = "scan"
    case load = "load in order"
    case flush = "append and flush"
    case durablePut = "durable put"
    case durablePutOf64 = "durable put, 64 a commit"
    case relaxedPut = "relaxed put"
    case relaxedPutOf64 = "relaxed put, 64 a commit"
}

/// A ratio between two bounds of the same run, beside what an independent measurement found for it: it shows that the
/// bounds are what they should be.
struct BoundCheck {
    var name: String
    var found: Double
    var expected: Double

    var isWithin: Bool { (expected / 1.2...expected * 1.2).contains(found) }

    /// The ratios of bounds that were both measured.
    static func all(of bounds: [Bound: Series]) -> [BoundCheck] {
        expectations.compactMap { over, under, expected in
            guard let numerator = bounds[over], let denominator = bounds[under] else { return nil }
            return BoundCheck(
                name: "\(over.rawValue) / \(under.rawValue)",
                found: numerator.wall / denominator.wall,
                expected: expected
            )
        }
    }

    /// From programs in C-like Swift over the same versions of SQLite and of the system, 2 cores and a virtual disk.
    private static let expectations: [(Bound, Bound, Double)] = [
        (.getOnTwoThreads, .get, 3.3 / 4.9),
        (.getInTransaction, .get, 2.9 / 4.9),
        (.prefix, .get, 37.9 / 4.9),
        (.scan, .get, 0.26 / 4.9),
        (.load, .get, 2.42 / 4.9),
        (.durablePut, .flush, 1.24),
        (.durablePut, .durablePutOf64, 96 / 19.2),
        (.relaxedPut, .relaxedPutOf64, 24 / 17.9),
        (.durablePutOf64, .relaxedPutOf64, 19.2 / 17.9),
    ]
}
