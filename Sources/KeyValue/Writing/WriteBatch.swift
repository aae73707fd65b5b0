/// Changes to one or more records, applied all or none.
///
/// A batch names each key at most once. How far it may reach is ``Capabilities/batchScope``, how much it may hold is
/// ``Capabilities/limits``; what is beyond either is refused before anything is written.
public struct WriteBatch: Hashable, Sendable {
    /// What is done at one key.
    public enum Action: Hashable, Sendable {
        /// Stores a value, which may be empty.
        case put([UInt8])
        /// Stores a tombstone: the record is gone for readers, and its key keeps a revision.
        case bury
        /// Removes the row, live or tombstone, without a trace.
        case delete
        /// Adds to the counter that the record is; see ``Counter``. Needs ``Capabilities/integerAdd``.
        case add(Int64)
        /// Changes nothing; the operation is there for its precondition.
        case check
    }

    /// One key, what is done there, and what has to hold there.
    public struct Operation: Hashable, Sendable {
        /// The key.
        public var key: Key
        /// What is done.
        public var action: Action
        /// What has to hold, if anything.
        public var precondition: Precondition?

        /// An operation from its parts.
        public init(_ action: Action, at key: Key, if precondition: Precondition? = nil) {
            self.key = key
            self.action = action
            self.precondition = precondition
        }
    }

    /// What the batch does, in the order in which its receipt answers.
    public var operations: [Operation]
    /// The epoch of the mode under which the writer acts; nil for a writer that takes part in no migration. It is
    /// checked against the store's ``Fence`` in the same atomic write.
    public var epoch: UInt64?
    /// Asks the store to write a ``Mark`` that names the keys of the batch, in the same atomic write. Needs
    /// ``Capabilities/marks``. A batch that only checks leaves none.
    public var mark: MarkID?
    /// Set only to send the very same batch again after an unknown outcome; otherwise the store draws one.
    public var id: WriteID?

    /// A batch of these operations.
    public init(_ operations: [Operation] = [], epoch: UInt64? = nil, mark: MarkID? = nil, id: WriteID? = nil) {
        self.operations = operations
        self.epoch = epoch
        self.mark = mark
        self.id = id
    }

    /// Adds a put.
    public mutating func put(_ value: [UInt8], at key: Key, if precondition: Precondition? = nil) {
        operations.append(Operation(.put(value), at: key, if: precondition))
    }

    /// Adds a put of a tombstone.
    public mutating func bury(_ key: Key, if precondition: Precondition? = nil) {
        operations.append(Operation(.bury, at: key, if: precondition))
    }

    /// Adds a delete.
    public mutating func delete(_ key: Key, if precondition: Precondition? = nil) {
        operations.append(Operation(.delete, at: key, if: precondition))
    }

    /// Adds an addition to a counter.
    public mutating func add(_ amount: Int64, to key: Key, if precondition: Precondition? = nil) {
        operations.append(Operation(.add(amount), at: key, if: precondition))
    }

    /// Adds a precondition on a key that the batch does not write.
    public mutating func check(_ key: Key, _ precondition: Precondition) {
        operations.append(Operation(.check, at: key, if: precondition))
    }
}
