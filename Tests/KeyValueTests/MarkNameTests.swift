import KeyValue
import Testing

struct MarkNameTests {
    private static let period: Int64 = 1 << 22

    /// Names of as many periods, one each.
    private static func names(_ periods: Int64, from start: Int64 = 0) -> [MarkID] {
        (0..<periods).map { number in
            StoreEnvironment(
                random: { .random(in: 0...UInt64.max) },
                nanoseconds: { start + number * period },
                sleep: { _ in }
            )
            .makeMarkID()
        }
    }

    @Test func namesOfOneMomentBeginAlikeAndDiffer() {
        let names = (0..<100).flatMap { _ in MarkNameTests.names(1, from: 5 * MarkNameTests.period + 17) }
        #expect(Set(names.map { $0.high >> 32 }).count == 1)
        #expect(Set(names).count == 100)
    }

    @Test func noOrderOfTimeIsInNames() {
        // Whoever lists marks in order, from any place on, meets its share of those to come and no more.
        let highs = MarkNameTests.names(10_000).map { $0.high >> 32 }
        for share in [UInt64(10), 4, 2] {
            let limit = UInt64(UInt32.max) / share
            let found = highs.count { $0 < limit }
            #expect(abs(found - 10_000 / Int(share)) < 100)
        }
        #expect(Set(highs).count > 9_990)
    }
}
