#if PostgreSQL
import Synchronization

/// What the connections of a store are like now, for whoever asks.
final class Census: Sendable {
    struct Count: Hashable, Sendable {
        /// How many are made and ready, leased ones among them.
        var open = 0
        /// Whether a pooler is known to be between.
        var isPooled = false
    }

    private let count = Mutex(Count())

    var current: Count { count.withLock { $0 } }

    func take(_ links: some Sequence<Link>) {
        var taken = Count()
        for link in links {
            if link.isMade { taken.open += 1 }
            if link.isPooled { taken.isPooled = true }
        }
        count.withLock { $0 = taken }
    }
}
#endif
