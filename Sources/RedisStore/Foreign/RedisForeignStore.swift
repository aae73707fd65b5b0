#if Redis
public import KeyValue

/// A Redis that other programs write, with what tells which of its keys change: the replication stream of each master.
///
/// Records are those of a ``RedisRawStore``, read as they are at the moment. The stream names every key that was written,
/// deleted, has expired or was evicted, by whatever command, script or transaction. How far it was carried over is kept
/// in the Redis itself, under the key `wherehouse:capture`, which is not shown; another process goes on there. When the
/// server has dropped what comes behind that place, as it does when its backlog was too small for the time in which
/// nobody read it, and after FLUSHALL, FLUSHDB and SWAPDB, a gap is counted: then everything is compared anew.
/// So it is when changes of more than a million keys wait to be carried over, which would take too much memory.
///
/// ``refuseForeignWriters(waitMax:)`` takes from every other user of the server the right to write (`-@write`), for
/// connections that are open too, and ``admitForeignWriters()`` gives back exactly what each had. So the URL names a user
/// of our own, which nobody else is: `ACL SETUSER wherehouse on >PASSWORD ~* &* +@all`. Rules are kept over a restart of
/// the server only where it has a file of them (`aclfile`). In a cluster each master has its own. A replica that takes a
/// master's place is followed from then on, and a gap is counted; it needs the same users. During the refusal itself no
/// failover is to happen.
///
/// A key that expires at the source is deleted at the target while it is captured. Its record tells when it does; the
/// target deletes nothing by itself after the cutover.
///
/// Where a server lets nobody follow its stream, as hosted ones do, its keyspace events are listened to instead, which
/// have to be switched on (`notify-keyspace-events KA`). They come only while somebody listens, so each break of a
/// connection and each process that begins counts a gap. No event tells of acknowledged entries of a stream's groups.
///
/// What a failover loses is lost here too, as for every client of that server.
public final class RedisForeignStore: ForeignCapture {
    private let client: RedisClient
    private let configuration: RedisConfiguration
    private let environment: StoreEnvironment
    private let view: RedisRawStore
    private let way: ChangeWay
    private let follower: ChangeFollower
    private let keeper: CaptureKeeper
    private let access: WriterAccess
    /// By this the marks of this process are told from those of others.
    private let mine: UInt64

    public let system = "redis"
    public var guarantee: ForeignGuarantee { way.guarantee }
    public let capabilities: Capabilities

    private init(
        _ client: RedisClient,
        _ configuration: RedisConfiguration,
        _ way: ChangeWay,
        _ environment: StoreEnvironment,
        _ view: RedisRawStore,
        pendingMax: Int
    ) {
        self.client = client
        self.configuration = configuration
        self.environment = environment
        self.view = view
        self.way = way
        follower = ChangeFollower(client, way, configuration, environment, pendingMax: pendingMax)
        keeper = CaptureKeeper(client: client)
        access = WriterAccess(client: client)
        mine = environment.random()
        capabilities = .foreign(
            limits: view.capabilities.limits,
            consistency: client.isCluster ? .exclusiveWrites : .linearizable,
            countCost: .constant
        )
    }

    /// Opens a view over a client, which it takes over: closing the view closes it.
    static func open(
        _ client: RedisClient,
        _ configuration: RedisConfiguration,
        _ options: RedisRawOptions,
        by way: ChangeWay,
        environment: StoreEnvironment,
        pendingMax: Int = ChangeFollower.pendingMax
    ) async throws(StoreError) -> RedisForeignStore {
        do throws(StoreError) {
            guard options.match == nil else {
                throw .invalidArgument("Capture takes a whole database: leave the option match out.")
            }
            let view = try await RedisRawStore.open(
                client,
                options: options,
                environment: environment,
                hiding: CaptureRecord.key
            )
            return RedisForeignStore(client, configuration, way, environment, view, pendingMax: pendingMax)
        } catch {
            await client.close()
            throw error
        }
    }

    // MARK: - Reading

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await view.get(keys, options)
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await view.scan(range, options, after: cursor)
    }

    public func snapshot() async throws(StoreError) -> any StoreSnapshot { try await view.snapshot() }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await view.partitions(in: space, limit: limit, after: cursor)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await view.count(range, options)
    }

    public func status() async throws(StoreError) -> StoreStatus {
        let report = try await captureReport()
        var status = try await view.status()
        status.facts += report.facts
        return status
    }

    public func close() async {
        await follower.stop()
        await view.close()
    }

    // MARK: - Marks

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try check(bin)
        let limit = try capabilities.limits.listingLimit(limit)
        let position = try cursor?.markPosition()
        // A listing that goes on has caught up when it began.
        if position == nil {
            try await follower.catchUp()
            try await follower.keepPlaces()
        }
        let marks = follower.list(after: position?.low ?? 0, limit: limit).map { change in
            Mark(id: MarkID(high: mine, low: change.number), keys: [view.key(of: change.change.key)])
        }
        return MarkPage(marks: marks, cursor: marks.count == limit ? marks.last.map { Cursor(after: $0.id) } : nil)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try check(bin)
        follower.remove(ids.filter { $0.high == mine }.map(\.low))
    }

    // MARK: - Capture

    public func installCapture() async throws(StoreError) {
        try await access.requireOwnUser()
        let record = try await follower.record()
        for node in try await client.presentNodes() where record.positions[node.description] == nil {
            let stream = try await way.open(client, configuration, node, from: nil, environment: environment)
            stream.close()
            if record.identity != nil { try await follower.noteGap() }
            try await keeper.keepIfAbsent("position:\(node)", stream.beginning.text)
        }
        if record.identity == nil { _ = try await keeper.keepIfAbsent(identity: environment.makeMarkID()) }
    }

    public func captureReport() async throws(StoreError) -> ForeignCaptureReport {
        let nodes = try await client.presentNodes()
        let isInstalled = try await follower.record().identity != nil
        guard isInstalled || follower.isFollowing else {
            return ForeignCaptureReport(missing: nodes.map(\.description))
        }
        // A gap that is there is seen no later than now, and what is kept may have been made again by that. To begin
        // to listen would be one.
        if way == .stream || follower.isFollowing { try await follower.catchUp() }
        let record = try await follower.record()
        var report = ForeignCaptureReport(identity: record.identity, gaps: record.gaps, isRefusing: true)
        report.objects = ["key \(String(decoding: CaptureRecord.key, as: UTF8.self))"]
        for node in nodes {
            report.objects.append("\(way == .stream ? "replication stream" : "keyspace events") of \(node)")
            if record.positions[node.description] == nil { report.missing.append(node.description) }
            let rules = try await access.rules(at: node)
            report.objects += rules.map { "user \($0.name) at \(node)" }
            if record.refused[node.description] != WriterAccess.text(rules) { report.isRefusing = false }
        }
        return report
    }

    public func removeCapture() async throws(StoreError) {
        try await admitForeignWriters()
        await follower.stop()
        try await keeper.removeAll()
    }

    /// It does not wait, since no command of a Redis takes effect in part.
    public func refuseForeignWriters(waitMax: Duration) async throws(StoreError) {
        let report = try await captureReport()
        if report.isRefusing { return }
        guard report.isInstalled else {
            throw .invalidArgument(
                "Not every change is captured: install capture again.",
                ["missing": report.missing.joined(separator: ", ")]
            )
        }
        try await access.refuse(try await follower.record()) { (node) async throws(StoreError) in
            try await self.follower.catchUp()
            return self.follower.position(of: node)
        }
    }

    public func admitForeignWriters() async throws(StoreError) {
        try await access.admit(try await follower.record())
    }

    /// What was written although others are refused; and of what is gone only what went while they were not, for as long
    /// as they are, keys are gone that have expired.
    public func lateMarks(limit: Int) async throws(StoreError) -> [Mark] {
        let wasRefusing = try await captureReport().isRefusing
        let changes = follower.late(after: try await follower.record().fenced, limit: limit)
        if changes.isEmpty { return [] }
        let keys = changes.map { view.key(of: $0.change.key) }
        var isThere: [Bool] = []
        for start in stride(from: 0, to: keys.count, by: capabilities.limits.getKeysMax) {
            let some = Array(keys[start..<min(keys.count, start + capabilities.limits.getKeysMax)])
            isThere += try await view.get(some, ReadOptions()).map { $0 != nil }
        }
        let isRefusing = try await captureReport().isRefusing && wasRefusing
        if isRefusing { follower.noteExpired(changes.indices.filter { !isThere[$0] }.map { changes[$0].number }) }
        return changes.indices.filter { isThere[$0] || !isRefusing }.map { index in
            let position = changes[index].change.position
            let high = UInt64(position.id.prefix(16), radix: 16) ?? 0
            return Mark(id: MarkID(high: high, low: position.offset), keys: [keys[index]])
        }
    }
}
#endif
