import KeyValue

/// What a worker of a migration says of itself, once a second, in the control store.
public struct WorkerReport: Hashable, Sendable {
    private static let format: UInt8 = 1
    private static let textBytesMax = 1_024

    /// What people call the process.
    public var name: String
    /// When it was written, in milliseconds since 1970 by the worker's clock.
    public var milliseconds: UInt64
    /// Whether this worker makes the steps that operators ask for.
    public var isLeading: Bool
    /// What keeps the worker from its work now; empty for nothing.
    public var hindrance: String
    /// Rows that were done in a second lately, by all workers: rows of the source that were copied, and once that is
    /// over, rows of both stores that were proven. Nil where the worker does not lead, or has not led for long.
    public var rowsPerSecond: UInt64?
    /// How many marks wait to be carried over, at most ``marksCountedMax``; nil where the worker does not lead, or the
    /// mode marks nothing.
    public var marks: UInt64?

    /// As far as marks are counted.
    public static let marksCountedMax: UInt64 = 10_000

    /// Format 1: the byte 1; the name; the milliseconds; a flag; the hindrance; two numbers, each a flag and the number
    /// if there is one.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: WorkerReport.format)
        writer.append(text: name.prefix(bytesMax: ControlRecord.nameBytesMax))
        writer.append(integer: milliseconds)
        writer.append(flag: isLeading)
        writer.append(text: hindrance.prefix(bytesMax: WorkerReport.textBytesMax))
        writer.append(limit: rowsPerSecond)
        writer.append(limit: marks)
        return writer.bytes
    }

    init(name: String, milliseconds: UInt64) {
        self.name = name
        self.milliseconds = milliseconds
        isLeading = false
        hindrance = ""
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(WorkerReport.format)
        guard let name = reader.text(bytesMax: ControlRecord.nameBytesMax), let milliseconds = reader.integer(),
            let isLeading = reader.flag(), let hindrance = reader.text(bytesMax: WorkerReport.textBytesMax),
            let rowsPerSecond = reader.limit(), let marks = reader.limit(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(name: name, milliseconds: milliseconds)
        self.isLeading = isLeading
        self.hindrance = hindrance
        self.rowsPerSecond = rowsPerSecond
        self.marks = marks
    }
}

// MARK: - Rows

extension ControlStore {
    private static let worker = "worker"

    func workers() async throws(StoreError) -> [(id: UInt64, report: WorkerReport, revision: Revision)] {
        var found: [(id: UInt64, report: WorkerReport, revision: Revision)] = []
        for (number, entry) in try await rows(ControlStore.worker) {
            found.append((number, try WorkerReport(encoded: entry.value), entry.revision))
        }
        return found
    }

    func keep(_ report: WorkerReport, of worker: UInt64) async throws(StoreError) {
        _ = try await put(report.encoded, at: key(ControlStore.worker, worker), if: nil)
    }

    func removeWorker(_ worker: UInt64, if precondition: Precondition? = nil) async throws(StoreError) {
        _ = try await store.delete(key(ControlStore.worker, worker), if: precondition)
    }
}
