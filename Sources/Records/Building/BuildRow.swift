import KeyValue
import Tuples

/// How far the records of a partition are entered in an index that is being built.
///
/// Format 1, integers big-endian: a byte 1; the index's generation in 8; a byte that says whether all of the partition
/// is done; the cursor of the scan over its records, its length in 4 before it, empty at the beginning.
struct BuildRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    var generation: UInt64
    var isDone = false
    var cursor: Cursor?

    init(generation: UInt64) { self.generation = generation }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: BuildRow.format)
        writer.append(integer: generation)
        writer.append(byte: isDone ? 1 : 0)
        writer.append(string: cursor?.bytes ?? [])
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        guard reader.byte() == BuildRow.format, let generation = reader.integer(), let flag = reader.byte(), flag <= 1,
            let cursor = reader.string(), reader.isAtEnd
        else { throw .damaged("The progress of building an index can't be read.") }
        self.generation = generation
        isDone = flag == 1
        self.cursor = cursor.isEmpty ? nil : Cursor(bytes: cursor)
    }
}
