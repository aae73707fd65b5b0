#if HTTP
import Crypto
import FoundationEssentials
import HTTPTypes
public import KeyValue
import Synchronization

/// Answers that are kept for a time in a store, so that a request that comes again is answered as it was, and not done
/// again.
///
/// A client makes the request of a key of its own choice, in the header `Idempotency-Key`. Keys of one holder of a token
/// are nobody else's. A request of a key whose first one is not answered yet is told to wait; where the server was killed
/// in the middle of the first one, nobody knows what became of it, and those that follow are told so.
public final class KeptAnswers: Sendable {
    /// The most bytes of a key.
    public static let keyBytesMax = 255
    /// The most bytes of an answer that is kept. Of a longer one it is kept that it was given.
    public static let answerBytesMax = 256 << 10

    /// An answer as it was given.
    struct Answer: Hashable, Codable {
        var status: Int
        var version: String?
        /// Nil for one that was too long to be kept.
        var body: String?
    }

    /// A request that is the first of its key.
    struct Claim {
        let key: Key
        let kept: Kept
        let revision: Revision?
    }

    /// What is kept of a key.
    struct Kept: Hashable, Codable {
        /// The SHA-256 of the request, in Base64.
        var request: String
        /// In milliseconds since 1970.
        var begun: UInt64
        var answer: Answer?
    }

    private let store: any KeyValueStore
    private let lifetimeMilliseconds: UInt64
    private let answeredWithinMilliseconds: UInt64
    private let countMax: Int
    private let milliseconds: @Sendable () -> UInt64
    private let count = Mutex(0)

    /// Answers that are kept in a store.
    ///
    /// - Parameters:
    ///   - store: the store, which stays the caller's to close.
    ///   - lifetime: how long an answer is kept.
    ///   - answeredWithin: after how long a request counts as given up that has no answer.
    ///   - countMax: how many there may be; more are refused. What other processes keep is known from the last
    ///     ``removeExpired()`` on.
    ///   - milliseconds: the time since 1970.
    public init(
        _ store: any KeyValueStore,
        lifetime: Duration = .seconds(86_400),
        answeredWithin: Duration = .seconds(120),
        countMax: Int = 1_000_000,
        milliseconds: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        lifetimeMilliseconds = UInt64(max(0, lifetime / .milliseconds(1)))
        answeredWithinMilliseconds = UInt64(max(0, answeredWithin / .milliseconds(1)))
        self.countMax = countMax
        self.milliseconds = milliseconds
    }

    /// Begins a request of a key.
    ///
    /// - Parameters:
    ///   - key: the key, as the client sends it.
    ///   - holder: whose it is.
    ///   - request: all that the answer depends on.
    /// - Returns: a claim, if it is the first; the answer of the first otherwise.
    /// - Throws: ``Problem`` where it is neither, and what the store throws.
    func begin(_ key: String, of holder: String, _ request: [UInt8]) async throws -> (claim: Claim?, answer: Answer?) {
        guard (1...KeptAnswers.keyBytesMax).contains(key.utf8.count) else {
            throw Problem(.badRequest, code: "badRequest", "An Idempotency-Key has 1 to 255 bytes.")
        }
        let place = KeptAnswers.place(of: key, holder)
        let digest = Data(SHA256.hash(data: request)).base64EncodedString()
        // The second time it is there, unless it expired in between.
        for _ in 0..<3 {
            let now = milliseconds()
            let found = try await store.get(place)
            let known = found.flatMap { KeptAnswers.kept($0.value) }
            if let known, now < known.begun + lifetimeMilliseconds {
                return (nil, try answer(of: known, to: digest, at: now))
            }
            guard count.withLock({ $0 < countMax }) else { throw KeptAnswers.tooMany }
            let kept = Kept(request: digest, begun: now)
            do throws(StoreError) {
                let revision = try await store.put(
                    try KeptAnswers.bytes(kept),
                    at: place,
                    if: found.map { .revision($0.revision) } ?? .absent
                )
                count.withLock { $0 += 1 }
                return (Claim(key: place, kept: kept, revision: revision), nil)
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
        }
        throw KeptAnswers.underWay
    }

    /// The answer of the first request to one that came later.
    private func answer(of known: Kept, to digest: String, at now: UInt64) throws(Problem) -> Answer {
        guard known.request == digest else {
            throw Problem(
                .unprocessableContent,
                code: "keyReused",
                "The Idempotency-Key was used for another request: choose a new one for each."
            )
        }
        if let answer = known.answer { return answer }
        guard now < known.begun + answeredWithinMilliseconds else {
            throw Problem(
                .conflict,
                code: "outcomeUnknown",
                "Nobody knows what became of the first request of this Idempotency-Key: look, and choose a new one."
            )
        }
        throw KeptAnswers.underWay
    }

    /// Keeps the answer that a request is given.
    func end(_ claim: Claim, _ answer: Answer) async throws(StoreError) {
        var kept = claim.kept
        kept.answer = answer
        if answer.body?.utf8.count ?? 0 > KeptAnswers.answerBytesMax { kept.answer?.body = nil }
        try await store.put(try KeptAnswers.bytes(kept), at: claim.key, if: claim.revision.map { .revision($0) })
    }

    /// Forgets a request that was refused, so that it may be tried again.
    func forget(_ claim: Claim) async throws(StoreError) {
        try await store.delete(claim.key)
        count.withLock { $0 = max(0, $0 - 1) }
    }

    /// Removes the answers whose time is over. Once in a while somebody has to call it; it reads all that are kept.
    ///
    /// - Returns: how many were removed.
    @discardableResult
    public func removeExpired() async throws(StoreError) -> Int {
        var removed = 0
        var left = 0
        for shard in 0..<KeptAnswers.shards {
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(
                    .partition(KeptAnswers.partition(shard)),
                    ScanOptions(limit: 500),
                    after: cursor
                )
                for row in page {
                    let kept = KeptAnswers.kept(Array(row.value))
                    if let kept, milliseconds() < kept.begun + lifetimeMilliseconds {
                        left += 1
                        continue
                    }
                    if try await remove(row) { removed += 1 }
                }
                cursor = page.cursor
            } while cursor != nil
        }
        count.withLock { [left] in $0 = left }
        return removed
    }

    /// Removes an answer, unless its key was used anew since it was read; whether it did.
    private func remove(_ row: ScanPage.Row) async throws(StoreError) -> Bool {
        let condition = store.capabilities.conditionalDelete ? Precondition.revision(row.revision) : nil
        do throws(StoreError) {
            try await store.delete(row.key, if: condition)
            return true
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return false
        }
    }

    private static let shards = 16
    /// What their partitions begin with, and no others: a part that a store can be split by.
    public static let partitionPrefix = Array("http/answers/".utf8)

    private static func partition(_ shard: Int) -> [UInt8] { partitionPrefix + Array(String(shard, radix: 16).utf8) }

    private static func place(of key: String, _ holder: String) -> Key {
        let digest = Array(SHA256.hash(data: Array("\(holder.utf8.count):\(holder)\(key)".utf8)))
        return Key(partition: partition(Int(digest.first ?? 0) % shards), bytes: digest)
    }

    private static func bytes(_ kept: Kept) throws(StoreError) -> [UInt8] {
        do {
            return try Array(JSONEncoder().encode(kept))
        } catch {
            throw StoreError(.corrupted, "An answer can't be written down: this is a fault of the server.")
        }
    }

    /// Nil for what is no answer: it is as if it were not there.
    private static func kept(_ bytes: [UInt8]) -> Kept? {
        do {
            return try JSONDecoder().decode(Kept.self, from: Data(bytes))
        } catch {
            return nil
        }
    }

    private static let underWay = Problem(
        .conflict,
        code: "underWay",
        "The first request of this Idempotency-Key is not answered yet: try again.",
        retryAfter: .seconds(1)
    )
    private static let tooMany = Problem(
        .serviceUnavailable,
        code: "tooManyKeys",
        "The server keeps as many answers as it may: try later, or without an Idempotency-Key."
    )
}
#endif
