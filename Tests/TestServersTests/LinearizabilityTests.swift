import TestSupport
import Testing

/// The judge of histories: what it has to explain, and what it must not.
@Suite struct LinearizabilityTests {
    private func event(_ effect: KeyEvent.Effect, _ began: Int64, _ ended: Int64?) -> KeyEvent {
        KeyEvent(effect, began: began, ended: ended)
    }

    private func isExplained(_ events: [KeyEvent], from initial: Int? = nil) -> Bool {
        Linearizability.unexplained(events, from: initial) == nil
    }

    @Test func plainHistories() {
        let write = event(.write(1), 1, 2)
        #expect(isExplained([write, event(.read(1), 3, 4)]))
        #expect(isExplained([event(.read(7), 1, 2)], from: 7))
        let swap = event(.swap(from: 1, to: 3), 3, 4)
        #expect(isExplained([write, swap, event(.read(3), 5, 6)]))
        #expect(isExplained([write, event(.found, 3, 4)]))
        #expect(isExplained([write, event(.write(nil), 3, 4), event(.swap(from: nil, to: 5), 5, 6)]))
    }

    @Test func overlappingCallsMayComeInAnyOrder() {
        let writes = [event(.write(1), 1, 10), event(.write(2), 2, 9)]
        for last in [1, 2] { #expect(isExplained(writes + [event(.read(last), 11, 12)])) }
        #expect(isExplained(writes + [event(.read(nil), 3, 4), event(.read(2), 5, 6), event(.read(1), 11, 12)]))
        #expect(!isExplained(writes + [event(.read(1), 3, 4), event(.read(2), 5, 6), event(.read(1), 11, 12)]))
    }

    @Test func lostWrites() {
        let write = event(.write(1), 1, 2)
        #expect(!isExplained([write, event(.read(nil), 3, 4)]))
        #expect(!isExplained([write, event(.read(9), 3, 4)], from: 9))
        #expect(!isExplained([write, event(.write(nil), 3, 4), event(.found, 5, 6)]))
        #expect(!isExplained([event(.found, 1, 2)]))
        // Of two that were told that they came first.
        #expect(!isExplained([event(.swap(from: nil, to: 1), 1, 5), event(.swap(from: nil, to: 2), 2, 6)]))
    }

    @Test func staleReads() {
        let writes = [event(.write(1), 1, 2), event(.write(2), 3, 4)]
        #expect(isExplained(writes + [event(.read(2), 5, 6)]))
        #expect(!isExplained(writes + [event(.read(1), 5, 6)]))
        #expect(!isExplained(writes + [event(.read(2), 5, 6), event(.read(1), 7, 8)]))
        #expect(Linearizability.unexplained(writes + [event(.read(2), 5, 6), event(.read(1), 7, 8)]) == 3)
    }

    @Test func resurrectedRecords() {
        let deleted = [event(.write(1), 1, 2), event(.write(nil), 3, 4)]
        #expect(isExplained(deleted + [event(.read(nil), 5, 6)]))
        #expect(!isExplained(deleted + [event(.read(1), 5, 6)]))
        #expect(!isExplained(deleted + [event(.read(nil), 5, 6), event(.read(1), 7, 8)]))
    }

    @Test func unknownOutcomes() {
        let write = event(.write(1), 1, 2)
        let unknown = event(.write(2), 3, nil)
        for value in [1, 2] { #expect(isExplained([write, unknown, event(.read(value), 5, 6)])) }
        #expect(isExplained([write, unknown, event(.read(1), 5, 6), event(.read(2), 7, 8)]))
        // Once it has been seen it has happened.
        #expect(!isExplained([write, unknown, event(.read(2), 5, 6), event(.read(1), 7, 8)]))
        // Not before it was begun.
        #expect(!isExplained([write, event(.read(2), 2, 2), unknown]))
        // Only once.
        let other = event(.write(3), 7, 8)
        #expect(!isExplained([write, unknown, event(.read(2), 5, 6), other, event(.read(2), 9, 10)]))
        let delete = event(.write(nil), 3, nil)
        #expect(isExplained([write, delete, event(.read(nil), 5, 6)]))
        #expect(
            !isExplained([write, delete, event(.read(nil), 5, 6), event(.write(4), 7, 8), event(.read(nil), 9, 10)])
        )
        #expect(isExplained([write, delete, event(.swap(from: nil, to: 4), 5, 6)]))
        let chain = [delete, event(.swap(from: nil, to: 5), 4, nil), event(.swap(from: 5, to: 6), 4, nil)]
        #expect(isExplained([write] + chain + [event(.read(6), 7, 8)]))
        #expect(isExplained([delete, unknown, event(.found, 5, 6)]))
    }

    /// Many of unknown outcome are no more work than few.
    @Test func manyUnknownOutcomes() {
        var events: [KeyEvent] = []
        for number in 0..<80 {
            let at = Int64(number * 10)
            events.append(event(number % 3 == 0 ? .write(nil) : .write(-number), at, nil))
            events.append(event(.write(number), at + 1, at + 2))
            events.append(event(.read(number), at + 3, at + 4))
        }
        #expect(isExplained(events))
        #expect(!isExplained(events + [event(.read(78), 5_000, 5_001)]))
    }
}
