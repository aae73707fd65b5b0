import KeyValue

/// The listings of changes that were given out as marks, and how far each is done with.
///
/// The place of a feed moves on to just before the oldest change that has not been carried over. What comes behind that
/// is listed once more, which does no harm.
struct FeedListings: Sendable {
    private struct Listing {
        var from: FeedPlace
        /// The places behind each change; nil where the feed can't be read on from there.
        var steps: [FeedPlace?]
        var to: FeedPlace
        var open: Set<Int>

        /// How far everything behind `place` is done with; nil for no further, and where it is no place of this listing.
        func place(behind place: FeedPlace) -> FeedPlace? {
            guard let begin = place == from ? 0 : steps.firstIndex(of: place).map({ $0 + 1 }) else { return nil }
            guard let first = open.min() else { return to }
            return first > begin ? steps[first - 1] : nil
        }
    }

    private static let listingsMax = 256

    private var listings: [UInt64: Listing] = [:]
    private var last: UInt64 = 0

    /// Takes a listing in, from one place to another; the marks that stand for its changes.
    mutating func append(
        from: FeedPlace,
        to: FeedPlace,
        _ changes: [(key: Key, place: FeedPlace?)]
    ) -> [Mark] {
        last += 1
        listings[last] = Listing(from: from, steps: changes.map(\.place), to: to, open: Set(changes.indices))
        if last > FeedListings.listingsMax { listings[last - UInt64(FeedListings.listingsMax)] = nil }
        return changes.enumerated().map { index, change in
            Mark(id: MarkID(high: last, low: UInt64(index)), keys: [change.key])
        }
    }

    /// Takes in that these changes were carried over.
    mutating func clear(_ ids: [MarkID]) {
        for id in ids { listings[id.high]?.open.remove(Int(clamping: id.low)) }
    }

    /// The place that everything behind `place` is done with up to.
    mutating func advanced(from place: FeedPlace) -> FeedPlace {
        var place = place
        while let (number, next) = next(behind: place) {
            if next == listings[number]?.to { listings[number] = nil }
            place = next
        }
        return place
    }

    private func next(behind place: FeedPlace) -> (listing: UInt64, place: FeedPlace)? {
        for (number, listing) in listings {
            if let next = listing.place(behind: place), next != place { return (number, next) }
        }
        return nil
    }
}
