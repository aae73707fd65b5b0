#if Redis
import KeyValue
import Synchronization

/// Runs scripts by their digests, and loads them where a server does not have them.
final class ScriptRunner: Sendable {
    /// One call of a script in a bucket.
    struct Call: Sendable {
        var script: RedisScript
        var base: [UInt8]
        var arguments: [[UInt8]]
        var slot: UInt16
        var effect: RedisCommand.Effect
    }

    private let client: RedisClient
    private let digests = Mutex<[RedisScript: [UInt8]]>([:])

    /// How often scripts are loaded for one call: servers may be restarted, or change their roles, meanwhile.
    private static let attemptsMax = 3

    init(_ client: RedisClient) { self.client = client }

    /// Runs one script.
    func run(_ call: Call) async throws(StoreError) -> RESPValue {
        try await run([call])[0].get()
    }

    /// Runs scripts that have nothing to do with each other, in one go.
    func run(_ calls: [Call]) async -> [Result<RESPValue, StoreError>] {
        var results: [Result<RESPValue, StoreError>] = Array(repeating: .success(.null), count: calls.count)
        var open = Array(calls.indices)
        var attempt = 0
        while !open.isEmpty {
            let digests = digests.withLock { $0 }
            let commands = open.map { command(calls[$0], digests) }
            let replies = await client.send(commands)
            var missing: [Int] = []
            for (index, reply) in zip(open, replies) {
                // The server refused before it did anything, so the same may be sent again.
                if case .success(.error) = reply { missing.append(index) }
                results[index] = reply
            }
            guard !missing.isEmpty else { break }
            attempt += 1
            do throws(StoreError) {
                guard attempt <= ScriptRunner.attemptsMax else {
                    throw StoreError(.unavailable, "A server keeps losing the store's scripts: see who flushes them.")
                }
                try await load()
            } catch {
                for index in missing { results[index] = .failure(error) }
                break
            }
            open = missing
        }
        return results
    }

    /// Loads all scripts into all servers.
    func load() async throws(StoreError) {
        for node in await client.nodes() {
            for script in RedisScript.allCases {
                let command = RedisCommand("SCRIPT LOAD", [Array(script.text.utf8)])
                guard let digest = try await client.send(command, to: node).bytes else { throw RedisStore.strangeReply }
                digests.withLock { $0[script] = digest }
            }
        }
    }

    private func command(_ call: Call, _ digests: [RedisScript: [UInt8]]) -> RedisCommand {
        let head: [[UInt8]] = [digests[call.script] ?? Array("0".utf8), [0x31], call.base]
        return RedisCommand("EVALSHA", head, and: call.arguments, slot: call.slot, call.effect)
    }
}

extension RedisStore {
    /// A call of a script in a bucket.
    func call(
        _ script: RedisScript,
        in bucket: Bucket,
        _ arguments: [[UInt8]],
        _ effect: RedisCommand.Effect
    ) -> ScriptRunner.Call {
        ScriptRunner.Call(
            script: script,
            base: layout.base(of: bucket),
            arguments: arguments,
            slot: bucket.slot,
            effect: effect
        )
    }
}
#endif
