import KeyValue

/// The lease that a worker holds on one of several numbered ranges, so that no two do the same work.
struct RangeLeases: Sendable {
    private let keeper: LeaseKeeper
    /// What the names of the leases begin with.
    private let name: String
    private var held: (number: UInt64, lease: Lease)?
    /// What was seen of others' leases: of one that is gone, they are taken over.
    private var watches: [UInt64: LeaseWatch] = [:]

    init(_ keeper: LeaseKeeper, name: String) {
        self.keeper = keeper
        self.name = name
    }

    /// The range that is held, unless somebody else has taken it over since.
    var number: UInt64? { held?.number }

    /// A lease on one of these ranges: the one that is held already, or one that nobody holds; nil when there is none.
    mutating func acquire(_ open: [UInt64]) async throws(StoreError) -> (number: UInt64, lease: Lease)? {
        if let (number, lease) = held, open.contains(number), let renewed = try await keeper.renew(lease) {
            held = (number, renewed)
            return held
        }
        held = nil
        for number in open {
            if let taken = try await keeper.acquire("\(name)/\(number)", &watches[number, default: LeaseWatch()]) {
                held = (number, taken)
                return held
            }
        }
        return nil
    }

    /// Gives the lease back.
    mutating func release() async throws(StoreError) {
        if let (_, lease) = held { try await keeper.release(lease) }
        held = nil
    }
}
