#if PostgreSQL
import CLibpq
import KeyValue

/// Which job goes on which connection, and what becomes of those whose connection breaks. It belongs to the thread of
/// the event loop.
///
/// Reads and writes have connections apart, so that no read waits behind a commit. Reads that wait together go as one
/// segment, lookups among them as one query; each write has a segment of its own.
final class Dispatcher {
    /// Connections of one kind, and what waits for them.
    private struct Lane {
        var links: [Link]
        var waiting: [Job] = []
        /// Reads whose segment failed for another's sake.
        var alone: [Job] = []

        var isIdle: Bool { waiting.isEmpty && alone.isEmpty && links.allSatisfy(\.pipeline.isEmpty) }
    }

    private static let segmentJobsMax = 128
    /// How many reads have to wait for a segment to be sent behind another: those that come meanwhile make a larger one,
    /// which costs the server less.
    private static let segmentJobsMin = 64
    private static let readSegmentsMax = 2
    private static let writeSegmentsMax = 32

    private let target: ConnectionTarget
    private let environment: StoreEnvironment
    private let census: Census
    /// Has a connection made, whose outcome comes with the news.
    private let makeConnection: (_ attempt: UInt64, _ deadline: Int64) -> Void
    private var attempts: UInt64 = 0
    /// By kind. Changed in place: what it holds is never copied.
    private var lanes: [Lane]
    private var leases: [Lease.ID: Link] = [:] {
        didSet { links = lanes.flatMap(\.links) + Array(leases.values) }
    }
    /// Those of all lanes and leases.
    private var links: [Link]
    private var leaseJobs: [Job] = []
    private var isClosing = false
    private var polled: [Link] = []

    init(
        _ target: ConnectionTarget,
        connections: Int,
        environment: StoreEnvironment,
        census: Census,
        makeConnection: @escaping (_ attempt: UInt64, _ deadline: Int64) -> Void
    ) {
        self.target = target
        self.environment = environment
        self.census = census
        self.makeConnection = makeConnection
        let readers = max(1, connections / 3)
        let writers = max(1, connections - readers)
        lanes = Job.Kind.allCases.map { kind in
            Lane(links: (0..<(kind == .read ? readers : writers)).map { _ in Link(target) })
        }
        links = lanes.flatMap(\.links)
    }

    private var now: Int64 { environment.nanoseconds() }

    private var timeout: Int64 { target.timeoutMilliseconds * 1_000_000 }

    // MARK: - One turn

    /// Takes in what came, and sends what can be sent; true when everything is over.
    func turn(_ news: EventLoop.Inbox) -> Bool {
        for id in news.leased {
            let link = Link(target)
            leases[id] = link
            connect(link)
        }
        for (attempt, outcome) in news.made { take(outcome, attempt) }
        for job in news.jobs {
            if job.lease == nil { lanes[job.kind.rawValue].waiting.append(job) } else { leaseJobs.append(job) }
        }
        for id in news.released {
            if let link = leases.removeValue(forKey: id) { abandon(link.disconnect(until: .max), "released") }
        }
        isClosing = isClosing || news.isClosing
        expire()
        for kind in Job.Kind.allCases { fill(&lanes[kind.rawValue], kind) }
        fillLeases()
        guard isClosing, lanes.allSatisfy(\.isIdle), leaseJobs.isEmpty else { return false }
        guard leases.values.allSatisfy(\.pipeline.isEmpty) else { return false }
        return true
    }

    private func fill(_ lane: inout Lane, _ kind: Job.Kind) {
        if lane.waiting.isEmpty, lane.alone.isEmpty { return }
        lane.waiting.removeAll { $0.isWithdrawn }
        var next = 0
        defer { lane.waiting.removeFirst(next) }
        while let job = lane.alone.last, let link = lane.links.first(where: { $0.isReady }) {
            lane.alone.removeLast()
            send([job], on: link)
        }
        let depth = kind == .read ? Dispatcher.readSegmentsMax : Dispatcher.writeSegmentsMax
        while next < lane.waiting.count {
            // A pooler gives a connection back at the end of a transaction, and PgBouncer 1.18 does so in the middle of
            // the next one's first message, if that comes in pieces behind the last one's end.
            let free = lane.links.filter { $0.isReady && $0.pipeline.count < ($0.isPooled ? 1 : depth) }
            // A load has a connection to itself; those behind it wait, so that it comes to it.
            let isLoad = lane.waiting[next].load != nil
            guard let link = free.min(by: { $0.pipeline.count < $1.pipeline.count }) else { break }
            let isWorthIt = lane.waiting.count - next >= Dispatcher.segmentJobsMin
            guard link.pipeline.isEmpty || (kind == .write ? !isLoad : isWorthIt) else { break }
            let size = kind == .read ? Dispatcher.segmentJobsMax : 1
            let jobs = lane.waiting[next...].prefix(size)
            next += jobs.count
            let begun = jobs.filter { $0.begin() }
            if !begun.isEmpty { send(kind == .read ? Lookup.gather(begun) : begun, on: link) }
            // One connection more while those that there are have work, one at a time.
            connectOne(in: lane)
        }
        if next < lane.waiting.count || !lane.alone.isEmpty { connectOne(in: lane) }
    }

    private func connectOne(in lane: Lane) {
        var candidate: Link?
        for link in lane.links {
            switch link.state {
            case .connecting, .configuring: return
            case .loading: break
            case .ready: if link.pipeline.isEmpty { return }
            case .closed(let until): if candidate == nil, until <= now { candidate = link }
            }
        }
        if let candidate { connect(candidate) }
    }

    private func connect(_ link: Link) {
        attempts += 1
        let deadline = now + timeout
        link.await(attempt: attempts, by: deadline)
        makeConnection(attempts, deadline)
    }

    /// Whoever asked for it may have given up or been released meanwhile; then it is closed again.
    private func take(_ outcome: Connector.Outcome, _ attempt: UInt64) {
        guard let link = links.first(where: { $0.state == .connecting(attempt: attempt) }) else { return }
        do throws(StoreError) {
            try link.take(try outcome.get())
        } catch {
            end(link, error)
        }
    }

    private func fillLeases() {
        leaseJobs.removeAll { job in
            guard let id = job.lease, let link = leases[id] else {
                job.finish(.failure(.unsent(Dispatcher.leaseLost)))
                return true
            }
            guard link.isReady else { return job.isWithdrawn }
            if job.begin() { send([job], on: link) }
            return true
        }
    }

    private static let leaseLost = StoreError(.unavailable, "The connection of this work was lost: begin it anew.")

    private func send(_ jobs: [Job], on link: Link) {
        guard !link.send(jobs) else { return }
        // What was sent of it can't be told.
        let segments = link.fail(now: now, random: environment.random())
        abandon(segments, "sending failed")
        let isListed = segments.contains { segment in
            if case .jobs(let listed) = segment.payload { listed.contains { $0 === jobs.first } } else { false }
        }
        if !isListed { for job in jobs { lose(job, "sending failed") } }
    }

    // MARK: - What comes back

    func addInterests(to interests: inout [pollfd]) {
        polled.removeAll(keepingCapacity: true)
        census.take(links)
        for link in links {
            guard let interest = link.interest else { continue }
            interests.append(interest)
            polled.append(link)
        }
    }

    /// Lets every connection go on that something happened to.
    func advance(_ interests: some Collection<pollfd>) {
        for (link, interest) in zip(polled, interests) where interest.revents != 0 {
            do throws(StoreError) {
                var finished: [Pipeline<Link.Payload>.Segment] = []
                defer { for segment in finished { settle(segment) } }
                try link.advance { finished.append($0) }
            } catch {
                end(link, error)
            }
        }
    }

    private func settle(_ segment: Pipeline<Link.Payload>.Segment) {
        guard case .jobs(let jobs) = segment.payload else { return }
        var answers = segment.answers[...]
        for job in jobs {
            let own = answers.prefix(job.answers)
            answers = answers.dropFirst(job.answers)
            settle(job, own, isShared: jobs.count > 1 || job.parts.count > 1, segment.endFailure)
        }
    }

    private func settle(
        _ job: Job,
        _ answers: ArraySlice<Pipeline<Link.Payload>.Answer>,
        isShared: Bool,
        _ endFailure: ServerMessage?
    ) {
        var results: [QueryResult] = []
        for answer in answers {
            switch answer {
            case .done(let result): results.append(result)
            case .failed(let message) where job.parts.count == 1: return job.finish(.failure(.refused(message)))
            case .failed, .skipped: break
            }
        }
        if results.count == job.answers {
            job.finish(endFailure.map { .failure(.refused($0)) } ?? .success(results))
        } else if isShared, job.kind == .read {
            lanes[Job.Kind.read.rawValue].alone += job.parts
        } else {
            lose(job, "the server's answer is incomplete")
        }
    }

    // MARK: - Failures

    /// The connection is gone, or was never made.
    private func end(_ link: Link, _ error: StoreError) {
        let wasReady = link.isMade
        let reason = error.metadata["connection"] ?? error.message
        abandon(link.fail(now: now, random: environment.random()), reason)
        if let lease = leases.first(where: { $0.value === link })?.key {
            leases[lease] = nil
            for job in leaseJobs where job.lease == lease { job.withdraw(wasReady ? Dispatcher.leaseLost : error) }
            leaseJobs.removeAll { $0.lease == lease }
            return
        }
        guard !wasReady else { return }
        // Nobody is left to serve those who wait, and the reason is known: say it.
        for (place, lane) in lanes.enumerated() where lane.links.contains(where: { $0 === link }) {
            guard !lane.links.contains(where: \.isMade) else { continue }
            for job in lane.waiting { job.withdraw(error) }
            for job in lane.alone { job.finish(.failure(.unsent(error))) }
            lanes[place].waiting = []
            lanes[place].alone = []
        }
    }

    private func abandon(_ segments: [Pipeline<Link.Payload>.Segment], _ reason: String) {
        for segment in segments {
            guard case .jobs(let jobs) = segment.payload else { continue }
            var answers = segment.answers[...]
            for job in jobs {
                let own = answers.prefix(job.answers)
                answers = answers.dropFirst(job.answers)
                // A statement that failed undid its transaction, whatever came after it.
                let refusal = own.lazy.compactMap { if case .failed(let message) = $0 { message } else { nil } }.first
                if let refusal { job.finish(.failure(.refused(refusal))) } else { lose(job, reason) }
            }
        }
    }

    private func lose(_ job: Job, _ reason: String) { job.finish(.failure(.lost(reason))) }

    /// Ends what took too long.
    private func expire() {
        let now = now
        for place in lanes.indices {
            lanes[place].waiting.removeAll { job in
                guard job.deadline <= now else { return false }
                job.withdraw(StoreError(.timedOut, "No connection was free in time: try again, or allow more."))
                return true
            }
        }
        for link in links {
            if link.readyBy <= now {
                end(link, Connector.late)
            } else if let segment = link.pipeline.current, segment.deadline <= now {
                // It hangs, so nothing behind it on this connection will be answered either.
                for segment in link.fail(now: now, random: environment.random()) {
                    guard case .jobs(let jobs) = segment.payload else { continue }
                    for job in jobs { job.finish(.failure(.overdue)) }
                }
                leases = leases.filter { $0.value !== link }
            }
        }
    }

    /// How long to wait at most for something to happen.
    func pollMilliseconds() -> Int32 {
        let now = now
        var next = Int64.max
        for lane in lanes {
            for job in lane.waiting { next = min(next, job.deadline) }
            for link in lane.links {
                if case .closed(let until) = link.state, until > now, !lane.isIdle { next = min(next, until) }
            }
        }
        for link in links {
            next = min(next, link.readyBy, link.pipeline.current?.deadline ?? .max)
        }
        guard next < .max else { return -1 }
        return Int32(clamping: max(next - now, 0) / 1_000_000 + 1)
    }
}
#endif
