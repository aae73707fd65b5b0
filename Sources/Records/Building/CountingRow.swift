import KeyValue
import Tuples

/// How far the records of a partition are counted for a count or a sum that is being built.
///
/// Format 1, integers big-endian: a byte 1; the index's generation in 8; a byte for the phase; the key of the last record
/// that is counted, its length in 4 before it, empty for none.
struct CountingRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    enum Phase: UInt8 {
        /// Records are counted in the order of their keys, up to a position.
        case inOrder = 0
        /// All records are counted at once, over what the total was before.
        case atOnce = 1
        /// All records are counted.
        case done = 2
    }

    var generation: UInt64
    var phase = Phase.inOrder
    var position: [UInt8] = []

    init(generation: UInt64) { self.generation = generation }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: CountingRow.format)
        writer.append(integer: generation)
        writer.append(byte: phase.rawValue)
        writer.append(string: position)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        guard reader.byte() == CountingRow.format, let generation = reader.integer(),
            let phase = reader.byte().flatMap(Phase.init), let position = reader.string(), reader.isAtEnd
        else { throw .damaged("The progress of counting records can't be read.") }
        self.generation = generation
        self.phase = phase
        self.position = position
    }

    /// That of a life of an index; nil for a row of another life, and for none.
    init?(_ entry: Entry?, of generation: UInt64) throws(RecordError) {
        guard let entry, !entry.isTombstone else { return nil }
        let row = try CountingRow(entry.value)
        guard row.generation == generation else { return nil }
        self = row
    }
}

/// A count or a sum whose records are being counted for the first time, as writers know it.
struct CountingEpoch: Hashable, Sendable {
    let generation: UInt64
    let phase: CountingPhase

    /// What the mark of a counted record holds.
    var mark: [UInt8] { withUnsafeBytes(of: generation.bigEndian) { Array($0) } }
}
