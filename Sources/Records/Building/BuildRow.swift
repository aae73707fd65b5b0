import KeyValue
import Tuples

/// How far the records of a partition are entered in an index that is being built, and held against their entries.
///
/// Format 1, integers big-endian: a byte 1; the index's generation in 8; a byte for the phase; the cursor of the scan over
/// its records, its length in 4 before it, empty at the beginning.
struct BuildRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    enum Phase: UInt8 {
        /// Records are entered.
        case entering = 0
        /// All records are entered.
        case entered = 1
        /// Records are held against their entries, and none missed any.
        case verifying = 2
        /// The same, but some missed entries: they are all looked at once more after this.
        case mending = 3
        /// All records have their entries.
        case verified = 4
    }

    var generation: UInt64
    var phase = Phase.entering
    var cursor: Cursor?

    init(generation: UInt64) { self.generation = generation }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: BuildRow.format)
        writer.append(integer: generation)
        writer.append(byte: phase.rawValue)
        writer.append(string: cursor?.bytes ?? [])
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        guard reader.byte() == BuildRow.format, let generation = reader.integer(),
            let phase = reader.byte().flatMap(Phase.init), let cursor = reader.string(), reader.isAtEnd
        else { throw .damaged("The progress of building an index can't be read.") }
        self.generation = generation
        self.phase = phase
        self.cursor = cursor.isEmpty ? nil : Cursor(bytes: cursor)
    }
}
