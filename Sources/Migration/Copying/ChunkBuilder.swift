import KeyValue

/// Gathers rows into chunks of the size in which the target takes them: the pure half of batching.
struct ChunkBuilder {
    /// So many rows go with one call, however few operations a batch has: each row is a batch of its own, and a store puts
    /// several of them into one request where it can.
    private static let rowsACall = 1_000

    private let limits: Limits
    private let rowsMax: Int
    private let bytesMax: Int
    private var rows: [Row] = []
    private var bytes = 0

    init(for limits: Limits, rowsMax: Int) {
        self.limits = limits
        self.rowsMax = max(1, min(rowsMax, max(limits.batchOperationsMax, ChunkBuilder.rowsACall)))
        bytesMax = min(limits.batchBytesMax, 1 << 20)
    }

    /// Why the target can't take a row; nil when it can.
    func refusal(of row: Row) -> StoreError? {
        do throws(StoreError) {
            try row.key.validate(for: limits)
        } catch {
            return error
        }
        if row.value.count > limits.valueBytesMax {
            return .tooLarge("valueBytesMax", row.value.count, limits.valueBytesMax)
        }
        if row.byteCount > limits.batchBytesMax {
            return .tooLarge("batchBytesMax", row.byteCount, limits.batchBytesMax)
        }
        return nil
    }

    /// Takes in a row; the chunk before it when the row does not fit in there.
    mutating func append(_ row: Row) -> [Row]? {
        let isFull = rows.count >= rowsMax || (!rows.isEmpty && bytes + row.byteCount > bytesMax)
        let chunk = isFull ? finish() : nil
        rows.append(row)
        bytes += row.byteCount
        return chunk
    }

    /// What is left; nil when there is nothing.
    mutating func finish() -> [Row]? {
        guard !rows.isEmpty else { return nil }
        defer {
            rows = []
            bytes = 0
        }
        return rows
    }
}
