/// The pure half of waiting for a lease: when may a lease that somebody else holds be taken over?
///
/// No clocks are compared. The watcher takes a lease for dead when it has seen the very same record for as long as
/// the lease runs, on its own clock: the holder has written it before it was first seen, and has measured from before
/// that write.
package struct LeaseWatch: Sendable {
    enum Verdict: Hashable, Sendable {
        /// The lease may be taken, over this record.
        case free
        /// Not before this much more time.
        case wait(Duration)
    }

    private var seen: (revision: Revision, since: Duration)?

    package init() {}

    mutating func observe(_ record: LeaseRecord, _ revision: Revision, now: Duration) -> Verdict {
        guard record.holder != nil else { return .free }
        guard let seen, seen.revision == revision else {
            seen = (revision, now)
            return .wait(record.duration)
        }
        let left = seen.since + record.duration - now
        return left <= .zero ? .free : .wait(left)
    }
}
