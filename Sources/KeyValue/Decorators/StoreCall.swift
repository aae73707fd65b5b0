/// One call on a store, as a decorator sees it.
public struct StoreCall: Hashable, Sendable {
    /// Which method was called.
    public enum Operation: Int, Hashable, Sendable, CaseIterable {
        case get, write, writeEach, scan, snapshot, partitions, count, size, delete
        case bins, fence, setFence, marks, clearMarks, feedPosition, changes, status

        // Looked up in advance: to find a case's name out takes longer than a call.
        private static let names = allCases.map { "\($0)" }

        /// The method's name.
        public var name: String { Operation.names[rawValue] }
    }

    /// Which method was called.
    public let operation: Operation
    /// How many keys or batches the call names; 1 where it names none.
    public let items: Int

    /// A call from its parts.
    public init(_ operation: Operation, items: Int = 1) {
        self.operation = operation
        self.items = items
    }

    /// Whether the call may change what the store holds.
    public var changesStore: Bool {
        switch operation {
        case .write, .writeEach, .delete, .setFence, .clearMarks: true
        case .get, .scan, .snapshot, .partitions, .count, .size, .bins, .fence, .marks, .status,
            .feedPosition, .changes:
            false
        }
    }
}
