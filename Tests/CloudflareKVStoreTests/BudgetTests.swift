#if CloudflareKV
import Foundation
import KeyValue
import StoreHTTP
import TestServers
import TestSupport
import Testing

@testable import CloudflareKVStore

@Suite struct BudgetTests {
    /// A hundredth of a million keys at the full rate, in a hundredth of fifty minutes; or as many as `WHEREHOUSE_KEYS`
    /// says, in three milliseconds each. A million came in 2,840 s of that time, by 11,000 requests of which none was
    /// refused; of this machine's, that took one minute.
    @Test func keysComeAtTheFullRate() async throws {
        let time = SimulatedTime()
        let count = ProcessInfo.processInfo.environment["WHEREHOUSE_KEYS"].flatMap { Int($0) } ?? 10_000
        var items: [String: ScriptedCloudflareKV.Item] = [:]
        for number in 0..<count { items["k\(number)"] = .init([0x76]) }
        let namespace = ScriptedCloudflareKV(items, now: { time.now })
        let environment = time.environment
        let budget = RequestBudget(now: environment.now())
        let store = try CloudflareKVStore(of: namespace, partition: "ns1", budget: budget, environment: environment)
        var read = 0
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(.all(), ScanOptions(limit: 4_096, bytesMax: 1 << 20), after: cursor)
            read += page.count
            cursor = page.cursor
        } while cursor != nil
        #expect(read == count)
        #expect(namespace.requestCount == count / 1_000 + count / 100)
        #expect(namespace.refusedCount == 0)
        #expect(time.now <= .milliseconds(3 * count))
        print("CLOUDFLARE KV \(count) keys in \(time.now) of its time")
    }

    /// The 11,000 requests that a million keys take, from eight callers that never wait for anything else.
    @Test func aMillionKeysTakeLessThanFiftyMinutes() throws {
        let budget = RequestBudget(now: .zero)
        var moments: [Duration] = []
        for _ in 0..<11_000 {
            let now = moments.last ?? .zero
            moments.append(now + (try #require(budget.reserve(now: now))))
        }
        #expect(try #require(moments.last) <= .seconds(50 * 60))
        for first in moments.indices where first + 1_200 < moments.count {
            #expect(moments[first + 1_200] - moments[first] > .seconds(300))
        }
        // A crowd that asks at once is told to wait, and at some point to go.
        let crowded = RequestBudget(now: .zero)
        let waits = (0..<3_000).map { _ in crowded.reserve(now: .zero) }
        #expect(waits.first == .some(.zero))
        #expect(waits.last == .some(nil))
    }

    @Test func oneTokenHasOneBudget() throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        let first = RequestBudgets.shared(by: "a", at: endpoint, now: .zero)
        #expect(RequestBudgets.shared(by: "a", at: endpoint, now: .zero) === first)
        #expect(RequestBudgets.shared(by: "b", at: endpoint, now: .zero) !== first)
    }

    @Test func recordsAreFrozen() throws {
        let record = CloudflareKVRecord([1, 0, 2], metadata: "{\"a\":1}", expiresAtSeconds: 5)
        #expect(try CloudflareKVRecord(decoding: record.encoded()) == record)
        let bytes: [UInt8] = [
            0x15, 1, 0x15, 5, 0x02, 0x7B, 0x22, 0x61, 0x22, 0x3A, 0x31, 0x7D, 0, 0x01, 1, 0, 0xFF, 2, 0,
        ]
        #expect(record.encoded() == bytes)
        let plain = CloudflareKVRecord([])
        #expect(try CloudflareKVRecord(decoding: plain.encoded()) == plain)
        for damaged in [[], [0x15, 2], Array(bytes.dropLast()), bytes + [0x15, 1]] as [[UInt8]] {
            let error = #expect(throws: StoreError.self) { try CloudflareKVRecord(decoding: damaged) }
            #expect(error?.code == (damaged == [0x15, 2] ? .newerFormat : .corrupted))
        }
    }
}
#endif
