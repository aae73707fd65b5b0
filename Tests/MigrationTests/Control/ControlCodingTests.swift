import KeyValue
import TestSupport
import Testing

@testable import Migration

/// The encodings of the rows of a control store.
@Suite struct ControlCodingTests {
    private static func name(using generator: inout SeededGenerator) -> StoreName {
        let name = ["a", "the old one", "ü"].randomElement(using: &generator) ?? "a"
        return StoreName(name: name, high: generator.next(), low: generator.next())
    }

    private static func record(using generator: inout SeededGenerator) -> ControlRecord {
        var record = ControlRecord(
            source: name(using: &generator),
            target: name(using: &generator),
            plan: MigrationPlan(
                holdMax: .milliseconds(Int64.random(in: 0...100_000, using: &generator)),
                marksMax: generator.next()
            ),
            controller: generator.next() >> 2,
            audit: AuditEntry(
                number: generator.next() >> 2,
                milliseconds: generator.next(),
                actor: "op",
                text: "planned"
            )
        )
        record.epoch = generator.next() >> 2
        record.state.mode = MigrationMode.allCases.randomElement(using: &generator) ?? .source
        record.state.isCaptureComplete = Bool.random(using: &generator)
        record.state.isCopied = Bool.random(using: &generator)
        record.state.hasSwitched = Bool.random(using: &generator)
        record.state.isRetired = Bool.random(using: &generator)
        record.hasPassedBarrier = Bool.random(using: &generator)
        record.throttle = Throttle(
            isPaused: Bool.random(using: &generator),
            rowsPerSecondMax: Bool.random(using: &generator) ? generator.next() : nil,
            bytesPerSecondMax: Bool.random(using: &generator) ? .max : nil,
            latencyPercentMax: Bool.random(using: &generator) ? generator.next() : nil,
            hours: Bool.random(using: &generator) ? Throttle.Hours(fromMinute: 1, untilMinute: 0) : nil
        )
        record.debt = generator.next()
        record.expectedRecords = generator.next()
        return record
    }

    private static func ranges(using generator: inout SeededGenerator) -> RangeRecord {
        var range = RangeRecord(space: .reservedData, token: generator.next())
        range.isCopied = Bool.random(using: &generator)
        range.cursor = Bool.random(using: &generator) ? Cursor(bytes: generator.bytes(9)) : nil
        range.rows = generator.next()
        range.bytes = generator.next()
        range.limit = Throttle.Reason.allCases.randomElement(using: &generator) ?? .none
        return range
    }

    private static func proof(using generator: inout SeededGenerator) -> ProofRecord {
        let pieces = (0..<4).map { _ in RangeLayout.Piece(generator.bytes(3), cuts: [generator.bytes(2)]) }
        var proof = ProofRecord(
            number: generator.next(),
            source: RangeLayout(of: pieces, .partition, ranges: 8),
            target: .whole,
            began: generator.next()
        )
        proof.ended = Bool.random(using: &generator) ? generator.next() : nil
        return proof
    }

    private static func proofRange(using generator: inout SeededGenerator) -> ProofRange {
        var range = ProofRange(proof: generator.next(), token: generator.next())
        range.cursor = Bool.random(using: &generator) ? Cursor(bytes: generator.bytes(9)) : nil
        range.isThrough = Bool.random(using: &generator)
        range.rows = generator.next()
        range.moved = generator.next()
        return range
    }

    private static func difference(using generator: inout SeededGenerator) -> FoundDifference {
        let kind = Difference.Kind.allCases.randomElement(using: &generator) ?? .missing
        let key = Key(partition: generator.bytes(3), bytes: generator.bytes(5), space: .reservedData)
        return FoundDifference(kind: kind, key: key, firstSeen: generator.next(), lastSeen: generator.next())
    }

    /// The kinds of rows.
    private enum Row: CaseIterable {
        case record
        case registration
        case range
        case audit
        case proof
        case proofRange
        case difference

        func encodedAgain(_ bytes: [UInt8]) throws(StoreError) -> [UInt8] {
            switch self {
            case .record: try ControlRecord(encoded: bytes).encoded
            case .registration: try ClientRegistration(encoded: bytes).encoded
            case .range: try RangeRecord(encoded: bytes).encoded
            case .audit: try AuditEntry(encoded: bytes).encoded
            case .proof: try ProofRecord(encoded: bytes).encoded
            case .proofRange: try ProofRange(encoded: bytes).encoded
            case .difference: try FoundDifference(encoded: bytes).encoded
            }
        }
    }

    @Test func recordsComeBack() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            let record = ControlCodingTests.record(using: &generator)
            #expect(try ControlRecord(encoded: record.encoded) == record)
            let range = ControlCodingTests.ranges(using: &generator)
            #expect(try RangeRecord(encoded: range.encoded) == range)
            let proof = ControlCodingTests.proof(using: &generator)
            #expect(try ProofRecord(encoded: proof.encoded) == proof)
            let part = ControlCodingTests.proofRange(using: &generator)
            #expect(try ProofRange(encoded: part.encoded) == part)
            let difference = ControlCodingTests.difference(using: &generator)
            #expect(try FoundDifference(encoded: difference.encoded) == difference)
        }
        let registration = ClientRegistration(epoch: 7, lease: .milliseconds(2_001), reachesBoth: true)
        #expect(try ClientRegistration(encoded: registration.encoded) == registration)
        let entry = AuditEntry(number: .max >> 2, milliseconds: 0, actor: "", text: "ä")
        #expect(try AuditEntry(encoded: entry.encoded) == entry)
    }

    @Test func theFormatIsFrozen() {
        let store = StoreName(name: "s", high: 1, low: 2)
        let audit = AuditEntry(number: 0, milliseconds: 5, actor: "op", text: "go")
        var record = ControlRecord(
            source: store,
            target: StoreName(name: "t", high: 3, low: 4),
            plan: MigrationPlan(holdMax: .milliseconds(250), marksMax: 9, leastScope: .partition),
            controller: 6,
            audit: audit
        )
        record.throttle.rowsPerSecondMax = 10
        record.expectedRecords = 51
        record.throttle.hours = Throttle.Hours(fromMinute: 60, untilMinute: 120)
        let number = { (value: UInt8) in [UInt8](repeating: 0, count: 7) + [value] }
        let text = { (text: String) in [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }
        let pieces: [[UInt8]] = [
            [1], number(1), [0, 0, 0, 0, 0, 0], number(6), text("s"), number(1), number(2), text("t"), number(3),
            number(4), number(250), number(9), [1], [0], [1], number(10), [0], [0], [1], number(60), [1], number(120),
            number(51), number(0), number(0), number(5),
            text("op"), text("go"),
        ]
        #expect(record.encoded == pieces.flatMap { $0 })
    }

    @Test func newerFormatsAreRefused() {
        for row in Row.allCases {
            let error = #expect(throws: StoreError.self) { _ = try row.encodedAgain([3, 0, 0]) }
            #expect(error?.code == .newerFormat)
            let damage = #expect(throws: StoreError.self) { _ = try row.encodedAgain([]) }
            #expect(damage?.code == .corrupted)
        }
    }

    /// Whatever the bytes, a reader gives back what encodes to them, or one of two errors.
    @Test func readersAreTotal() throws {
        var generator = SeededGenerator(seed: 2)
        var valid = [
            ControlCodingTests.record(using: &generator).encoded,
            ClientRegistration(epoch: 7, lease: .seconds(2), reachesBoth: true).encoded,
            ControlCodingTests.ranges(using: &generator).encoded,
            AuditEntry(number: 1, milliseconds: 2, actor: "op", text: "go").encoded,
            ControlCodingTests.proof(using: &generator).encoded,
            ControlCodingTests.proofRange(using: &generator).encoded,
            ControlCodingTests.difference(using: &generator).encoded,
        ]
        valid.append(generator.bytes(60))
        for _ in 0..<20_000 {
            var bytes = valid[Int.random(in: 0..<valid.count, using: &generator)]
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            case 1: bytes += generator.bytes(1)
            default:
                for _ in 0...2 {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
                }
            }
            for row in Row.allCases {
                do throws(StoreError) {
                    let again = try row.encodedAgain(bytes)
                    #expect(again == bytes)
                } catch {
                    #expect([.corrupted, .newerFormat].contains(error.code))
                }
            }
        }
    }
}
