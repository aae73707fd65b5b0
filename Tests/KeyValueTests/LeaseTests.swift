import KeyValue
import Synchronization
import TestSupport
import Testing

struct LeaseTests {
    private let store = MemoryStore()

    private func keeper(_ time: SimulatedTime, speed: Double = 1) throws -> LeaseKeeper {
        try LeaseKeeper(store: store, duration: .seconds(2), environment: time.environment(speed: speed))
    }

    @Test func passesFromHandToHandWithGrowingTokens() async throws {
        let time = SimulatedTime()
        let (one, two) = (try keeper(time), try keeper(time))
        let first = try #require(try await one.acquire("range"))
        #expect(first.token == 1)
        #expect(try await two.acquire("range") == nil)
        #expect(try await two.acquire("another")?.token == 1)
        try await one.release(first)
        let second = try #require(try await two.acquire("range"))
        #expect(second.token == 2)
        #expect(try await one.renew(first) == nil)
        try await one.release(first)
        #expect(try await two.renew(second)?.token == 2)
    }

    @Test func aHolderThatIsGoneLosesItAfterItsTime() async throws {
        let time = SimulatedTime()
        let (one, two) = (try keeper(time), try keeper(time))
        let first = try #require(try await one.acquire("range"))
        let second = try #require(try await two.acquire("range", waitMax: .seconds(10)))
        #expect(!one.isHeld(first))
        #expect(time.now >= .seconds(2))
        #expect(second.token == 2)
    }

    @Test func aHolderThatRenewsKeepsIt() async throws {
        let held = Mutex<Lease?>(nil)
        let keepers = Mutex<LeaseKeeper?>(nil)
        let time = SimulatedTime(whileSleeping: {
            guard let lease = held.withLock({ $0 }), let keeper = keepers.withLock({ $0 }) else { return }
            let renewed = try? await keeper.renew(lease)
            held.withLock { $0 = renewed ?? nil }
        })
        let one = try keeper(time)
        keepers.withLock { $0 = one }
        let first = try await one.acquire("range")
        held.withLock { $0 = first }
        let lost = try await keeper(time).acquire("range", waitMax: .seconds(20))
        #expect(lost == nil)
        let last = try #require(held.withLock { $0 })
        #expect(one.isHeld(last))
    }

    @Test func needsExclusiveWrites() {
        #expect(throws: StoreError.self) {
            try LeaseKeeper(store: MemoryStore(.eventual), duration: .seconds(1))
        }
        #expect(throws: StoreError.self) { try LeaseKeeper(store: MemoryStore(), duration: .zero) }
    }

    /// Several holders with clocks up to 4 % apart acquire, renew, stall and wake at random; at no time do two of
    /// them believe that they hold the lease, and tokens never go back.
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func neverTwoHolders(seed: UInt64) async throws {
        let choices = Mutex(SeededGenerator(seed: seed))
        @Sendable func chance(_ percent: Int) -> Bool {
            choices.withLock { Int.random(in: 0..<100, using: &$0) < percent }
        }
        let crowd = Mutex<[(keeper: LeaseKeeper, lease: Lease?)]>([])
        let violations = Mutex(0)
        @Sendable func check() {
            let holders = crowd.withLock { crowd in
                crowd.filter { member in member.lease.map { member.keeper.isHeld($0) } ?? false }.count
            }
            if holders > 1 { violations.withLock { $0 += 1 } }
        }
        // While one waits, some of the others renew; those that do not are stalled.
        let time = SimulatedTime(
            seed: seed,
            whileSleeping: {
                check()
                for (index, member) in crowd.withLock({ $0 }).enumerated() where chance(60) {
                    guard let lease = member.lease, member.keeper.isHeld(lease) else { continue }
                    let renewed = try? await member.keeper.renew(lease)
                    crowd.withLock { $0[index].lease = renewed ?? nil }
                }
                check()
            }
        )
        for index in 0..<4 {
            let keeper = try keeper(time, speed: 0.96 + Double(index) * 0.025)
            crowd.withLock { $0.append((keeper, nil)) }
        }
        var lastToken: UInt64 = 0
        for _ in 0..<40 {
            let index = choices.withLock { Int.random(in: 0..<4, using: &$0) }
            let member = crowd.withLock { $0[index] }
            if let lease = member.lease, member.keeper.isHeld(lease) {
                if chance(40) {
                    try await member.keeper.release(lease)
                    crowd.withLock { $0[index].lease = nil }
                }
            } else if let lease = try await member.keeper.acquire("r", waitMax: .seconds(chance(50) ? 0 : 6)) {
                #expect(lease.token > lastToken)
                lastToken = lease.token
                crowd.withLock { $0[index].lease = lease }
            }
            check()
            time.advance(by: .milliseconds(choices.withLock { Int.random(in: 0...900, using: &$0) }))
        }
        #expect(violations.withLock { $0 } == 0)
        #expect(lastToken > 1)
    }
}
