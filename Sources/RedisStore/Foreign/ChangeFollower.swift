#if Redis
import KeyValue
import Synchronization

/// Follows the changes of all masters of a Redis, and keeps what is told of one database until it is carried over.
///
/// How far that has come is kept in the Redis itself, where another process goes on. Each process that follows carries
/// over everything behind the place where it began; so whatever lies before a place that any of them has kept is done
/// with.
final class ChangeFollower: Sendable {
    private let client: RedisClient
    private let way: ChangeWay
    private let configuration: RedisConfiguration
    private let environment: StoreEnvironment
    private let keeper: CaptureKeeper
    /// Beyond it changes are dropped, and a gap is counted.
    private let pendingMax: Int
    private let state = Mutex(State())

    private struct State {
        var pending = PendingChanges()
        /// How far each node's stream was read.
        var positions: [String: RedisStreamPosition] = [:]
        var failures: [String: StoreError] = [:]
        /// By the nodes that they follow.
        var followers: [String: Task<Void, Never>] = [:]
        var streams: [String: any ChangeStream] = [:]
        /// Changes that are none of a program's, although others are refused: keys that have expired.
        var expired: Set<UInt64> = []
        /// What was kept of the positions, and when.
        var kept: [String: RedisStreamPosition] = [:]
        var keptAt: Duration?
        /// The record as it was read last, for when the database was emptied.
        var record = CaptureRecord()

        mutating func forgetChanges(upTo number: UInt64) {
            pending.remove(upTo: number)
            expired = expired.filter { $0 > number }
        }
    }

    /// How many keys whose change waits fit in memory: some hundred megabytes.
    static let pendingMax = 1_000_000
    /// What a stream has gone on by before that is kept: less than the least backlog of a server.
    private static let keptBytes: UInt64 = 4 << 10

    init(
        _ client: RedisClient,
        _ way: ChangeWay,
        _ configuration: RedisConfiguration,
        _ environment: StoreEnvironment,
        pendingMax: Int
    ) {
        self.client = client
        self.way = way
        self.configuration = configuration
        self.environment = environment
        keeper = CaptureKeeper(client: client)
        self.pendingMax = pendingMax
    }

    private var database: Int { configuration.database }

    // MARK: - Changes

    /// Changes behind a number, at most so many.
    func list(after number: UInt64, limit: Int) -> [(number: UInt64, change: PendingChanges.Change)] {
        state.withLock { $0.pending.list(after: number, limit: limit) }
    }

    /// Changes from behind the positions at which others were refused, but for those that were found to be none of theirs;
    /// at most so many.
    func late(
        after fences: [String: RedisStreamPosition],
        limit: Int
    ) -> [(number: UInt64, change: PendingChanges.Change)] {
        state.withLock { state in
            state.pending.list(limit: limit) { number, change in
                guard !state.expired.contains(number) else { return false }
                // Another id is another stream, which began later.
                guard let fence = fences[change.node], fence.id == change.position.id else { return true }
                return change.position.offset > fence.offset
            }
        }
    }

    /// Takes changes for what nobody has written.
    func noteExpired(_ numbers: [UInt64]) { state.withLock { $0.expired.formUnion(numbers) } }

    /// How far a node was read.
    func position(of node: RedisEndpoint) -> RedisStreamPosition? {
        state.withLock { $0.positions[node.description] }
    }

    /// Forgets changes that were carried over.
    func remove(_ numbers: [UInt64]) {
        state.withLock { state in for number in numbers { state.pending.remove(number) } }
    }

    /// Keeps how far everything was carried over, at most once a second, and only where that is some kilobytes further:
    /// what is kept is a change too.
    func keepPlaces() async throws(StoreError) {
        let now = environment.now()
        let places = state.withLock { state -> [String: RedisStreamPosition] in
            guard now - (state.keptAt ?? .seconds(-1)) >= .seconds(1) else { return [:] }
            state.keptAt = now
            var places: [String: RedisStreamPosition] = [:]
            for (node, position) in state.positions {
                let place = state.pending.oldest(of: node) ?? position
                if let kept = state.kept[node], kept.id == place.id,
                    place.offset < kept.offset + ChangeFollower.keptBytes
                {
                    continue
                }
                places[node] = place
            }
            return places
        }
        guard !places.isEmpty else { return }
        try await keeper.keep(positions: places)
        state.withLock { $0.kept.merge(places) { $1 } }
    }

    /// What is kept in the Redis.
    func record() async throws(StoreError) -> CaptureRecord {
        let record = try await keeper.read()
        if record.identity != nil { state.withLock { $0.record = record } }
        return record
    }

    // MARK: - Following

    /// Whether streams are followed.
    var isFollowing: Bool { state.withLock { !$0.followers.isEmpty } }

    /// Returns when everything has been read that any stream tells by now.
    func catchUp() async throws(StoreError) {
        let nodes = try await client.presentNodes()
        try await follow(nodes)
        let deadline = environment.now() + configuration.callTimeout
        for node in nodes {
            var target = try await present(of: node)
            while try !hasReached(target, node) {
                guard environment.now() < deadline else {
                    throw state.withLock { $0.failures[node.description] }
                        ?? StoreError(.timedOut, "A server's stream of changes lags behind: try again.")
                }
                do { try await environment.sleep(.milliseconds(2)) } catch { throw .cancelled }
                if way == .events, target?.id != stream(of: node)?.beginning.id { target = try await present(of: node) }
            }
        }
        guard way == .events, let known = state.withLock({ $0.record.identity }) else { return }
        // No event tells that a database was emptied, or exchanged for another.
        if try await keeper.read().identity != known { try await noteGap() }
    }

    private func stream(of node: RedisEndpoint) -> (any ChangeStream)? {
        state.withLock { $0.streams[node.description] }
    }

    /// Where a node's stream is now; nil where that can't be told as long as nobody listens.
    private func present(of node: RedisEndpoint) async throws(StoreError) -> RedisStreamPosition? {
        switch way {
        case .stream: try await RedisChangeStream.present(client, node)
        case .events: try await stream(of: node)?.present()
        }
    }

    private func hasReached(_ target: RedisStreamPosition?, _ node: RedisEndpoint) throws(StoreError) -> Bool {
        let (position, failure) = state.withLock { ($0.positions[node.description], $0.failures[node.description]) }
        // It will not go away by waiting.
        if let failure, failure.code == .unsupported { throw failure }
        guard let position, let target else { return false }
        return position.id == target.id && position.offset >= target.offset
    }

    /// Begins to follow nodes that nobody follows yet, and leaves those that are none of the masters any more. One that
    /// takes a master's place tells nothing of what came before: that is a gap.
    private func follow(_ nodes: [RedisEndpoint]) async throws(StoreError) {
        let names = Set(nodes.map(\.description))
        guard state.withLock({ Set($0.followers.keys) != names }) else { return }
        let record = try await record()
        guard record.identity != nil else {
            throw .invalidArgument("What programs write here is not captured: install capture first.")
        }
        let left = state.withLock { state in
            if state.followers.isEmpty { (state.positions, state.failures, state.kept) = ([:], [:], record.positions) }
            for node in nodes where state.followers[node.description] == nil {
                state.followers[node.description] = Task {
                    await follow(node, from: record.positions[node.description])
                }
            }
            let left = state.followers.filter { !names.contains($0.key) }
            for name in left.keys {
                (state.followers[name], state.positions[name], state.failures[name]) = (nil, nil, nil)
            }
            return left.values
        }
        for follower in left { follower.cancel() }
    }

    /// Ends following, and forgets what was not carried over.
    func stop() async {
        let followers = state.withLock { state in
            let followers = state.followers.values
            state.followers = [:]
            state.forgetChanges(upTo: state.pending.last)
            return followers
        }
        for follower in followers { follower.cancel() }
        for follower in followers { await follower.value }
    }

    /// Reads one node's stream until it is cancelled.
    private func follow(_ node: RedisEndpoint, from start: RedisStreamPosition?) async {
        var position = start
        while !Task.isCancelled {
            let failure: StoreError
            do throws(StoreError) {
                let stream = try await way.open(client, configuration, node, from: position, environment: environment)
                failure = await follow(stream, of: node, &position)
                state.withLock { $0.streams[node.description] = nil }
                stream.close()
            } catch {
                failure = error
            }
            state.withLock { $0.failures[node.description] = failure }
            do { try await environment.sleep(.milliseconds(50)) } catch { return }
        }
    }

    /// Reads a stream to its end, which is the failure that it ends with.
    private func follow(
        _ stream: any ChangeStream,
        of node: RedisEndpoint,
        _ position: inout RedisStreamPosition?
    ) async -> StoreError {
        do throws(StoreError) {
            if position == nil || !stream.isContinued { try await noteGap() }
            position = stream.beginning
            reached(stream.beginning, of: node)
            state.withLock { $0.streams[node.description] = stream }
            while true {
                let next = try await stream.next()
                try await take(next, of: node, before: position ?? next.position)
                position = next.position
            }
        } catch {
            return error
        }
    }

    private func take(
        _ next: RedisChanges,
        of node: RedisEndpoint,
        before: RedisStreamPosition
    ) async throws(StoreError) {
        let isEmptied = next.changes.contains { change in
            if case .everything(let number) = change.subject { number ?? database == database } else { false }
        }
        if isEmptied { try await noteGap() }
        // Whoever compares anew because of a gap sees what came before it was counted, but what another node tells
        // meanwhile may come too late for that.
        if let last = keep(next.changes, of: node, before: before) {
            try await noteGap()
            state.withLock { $0.forgetChanges(upTo: last) }
        }
        reached(next.position, of: node)
    }

    /// Keeps changes to be carried over; the number of the last where there are more than fit.
    private func keep(_ changes: [RedisChange], of node: RedisEndpoint, before: RedisStreamPosition) -> UInt64? {
        let name = node.description
        return state.withLock { state in
            var before = before
            for change in changes {
                if case .key(let key, let number) = change.subject, key != CaptureRecord.key,
                    number ?? database == database
                {
                    state.pending.add(.init(key: key, node: name, before: before, position: change.position))
                }
                before = change.position
            }
            return state.pending.count > pendingMax ? state.pending.last : nil
        }
    }

    /// Says that everything up to a position is kept, or that a gap is counted for it: who waits for that goes on.
    private func reached(_ position: RedisStreamPosition, of node: RedisEndpoint) {
        state.withLock { state in
            state.positions[node.description] = position
            state.failures[node.description] = nil
        }
    }

    /// Counts that changes may have gone by, before anything is believed that comes later.
    ///
    /// Whoever emptied the database has removed what is kept too: that is made again.
    func noteGap() async throws(StoreError) {
        let (record, positions) = state.withLock { ($0.record, $0.positions) }
        var wasLost = false
        if let identity = record.identity { wasLost = try await keeper.keepIfAbsent(identity: identity) }
        for (node, position) in positions { try await keeper.keepIfAbsent("position:" + node, position.text) }
        try await keeper.keepIfAbsent("gaps", "\(record.gaps)")
        // Others may have counted some that were lost with it, and no number is to come twice.
        try await keeper.count(gaps: wasLost ? 1_000 : 1)
        _ = try await self.record()
    }
}
#endif
