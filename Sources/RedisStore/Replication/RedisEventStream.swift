#if Redis
import KeyValue
import Synchronization

/// Which keys of one database of a Redis change, as its keyspace events tell while somebody listens.
///
/// Nothing is told of what happens while nobody does, so each stream begins with the present. While the connection holds,
/// every event comes, in the order of the commands: a server that can't get rid of them ends the connection.
///
/// Its positions are none of the server's: an id that is drawn for each connection, and the number of the last answer to
/// a PING, which comes behind all events from before it.
final class RedisEventStream: ChangeStream {
    private let link: ReplicationLink
    private let configuration: RedisConfiguration
    private struct State {
        var asked: UInt64 = 0
        var answered: UInt64 = 0
    }

    private let state = Mutex(State())

    let beginning: RedisStreamPosition
    let isContinued = false

    private init(_ link: ReplicationLink, _ configuration: RedisConfiguration, id: String) {
        self.link = link
        self.configuration = configuration
        beginning = RedisStreamPosition(id: id, offset: 0, database: configuration.database)
    }

    deinit { link.close() }

    /// Listens to one server.
    ///
    /// Throws ``StoreError/Code/unavailable`` where it can't be reached, ``StoreError/Code/unsupported`` where it does not
    /// tell of every change.
    static func open(
        _ client: RedisClient,
        _ configuration: RedisConfiguration,
        _ endpoint: RedisEndpoint,
        environment: StoreEnvironment
    ) async throws(StoreError) -> RedisEventStream {
        let link = try await ReplicationLink.connect(configuration, to: endpoint, listens: true)
        let id = (0..<3).map { _ in hexadecimal(environment.random()) }.joined().prefix(40)
        let stream = RedisEventStream(link, configuration, id: String(id))
        link.listen(to: "\(stream.channelPrefix)*")
        do throws(StoreError) {
            // A refusal comes before the answer.
            _ = try await stream.untilPresent()
            guard try await stream.tellsEverything(client, endpoint) else {
                throw .unsupported(
                    "The server does not tell of every change: set notify-keyspace-events to KA there.",
                    ["server": "\(endpoint)"]
                )
            }
        } catch {
            stream.close()
            throw error
        }
        return stream
    }

    /// What it was told to tell. Where it does not say that, it is tried by a change of what capture keeps, which in a
    /// cluster lies at one server alone: there nothing is tried.
    private func tellsEverything(_ client: RedisClient, _ endpoint: RedisEndpoint) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            let reply = try await client.send(RedisCommand("CONFIG GET", "notify-keyspace-events"), to: endpoint)
            let letters = Set(reply["notify-keyspace-events"]?.text ?? "")
            return letters.contains("K") && (letters.contains("A") || letters.isSuperset(of: "g$lshzxet"))
        } catch {
            // Hosted servers have no such command.
            guard [.permissionDenied, .unsupported].contains(error.code) else { throw error }
        }
        if client.isCluster { return true }
        try await CaptureKeeper(client: client).count(gaps: 0)
        return try await untilPresent().contains(CaptureRecord.key)
    }

    func present() async throws(StoreError) -> RedisStreamPosition {
        let number = state.withLock { state in
            state.asked += 1
            return state.asked
        }
        link.send(RedisCommand("PING", "\(number)"))
        var position = beginning
        position.offset = number
        return position
    }

    /// The keys that are told of until the server has answered.
    private func untilPresent() async throws(StoreError) -> Set<[UInt8]> {
        let target = try await present()
        var found: Set<[UInt8]> = []
        while true {
            let next = try await next()
            for change in next.changes {
                if case .key(let key, _) = change.subject { found.insert(key) }
            }
            if next.position.offset >= target.offset { return found }
        }
    }

    func next() async throws(StoreError) -> RedisChanges {
        var position = beginning
        position.offset = state.withLock { $0.answered }
        var changes: [RedisChange] = []
        let prefix = Array(channelPrefix.utf8)
        for item in try await link.take() {
            switch item {
            case .command(let words, _) where words.first == Array("pong".utf8):
                if words.count == 2, let number = UInt64(String(decoding: words[1], as: UTF8.self)) {
                    position.offset = number
                }
            case .command(let words, _) where words.count == 4 && words[2].starts(with: prefix):
                let key = Array(words[2].dropFirst(prefix.count))
                changes.append(
                    RedisChange(subject: .key(key, database: configuration.database), position: position)
                )
            case .refused(let text): throw StoreError(serverSays: text)
            // That it listens.
            case .command, .accepted, .beginning, .dataEnd: break
            }
        }
        let answered = position.offset
        state.withLock { $0.answered = answered }
        return RedisChanges(changes: changes, position: position)
    }

    func close() { link.close() }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private var channelPrefix: String { "__keyspace@\(configuration.database)__:" }
}
#endif
