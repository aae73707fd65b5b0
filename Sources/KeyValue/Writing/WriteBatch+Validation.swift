extension WriteBatch {
    /// For stores: throws unless a store of these capabilities can apply the batch. Nothing has been asked of the
    /// server yet. O(operations), or O(operations · log) when the keys are not in ascending order.
    public func validate(for capabilities: Capabilities) throws(StoreError) {
        let limits = capabilities.limits
        guard !operations.isEmpty else {
            throw .invalidArgument("A batch needs at least one operation.")
        }
        guard operations.count <= limits.batchOperationsMax else {
            throw .tooLarge("batchOperationsMax", operations.count, limits.batchOperationsMax)
        }
        var bytes = 0
        var isAscending = true
        // Over a span, since an array's iterator copies each operation.
        let span = operations.span
        for index in span.indices {
            bytes += try span[index].validate(for: capabilities)
            if isAscending, index > 0, !(span[index - 1].key < span[index].key) { isAscending = false }
        }
        guard bytes <= limits.batchBytesMax else {
            throw .tooLarge("batchBytesMax", bytes, limits.batchBytesMax)
        }
        if operations.count > 1 {
            try validateScope(capabilities.batchScope)
            if !isAscending { try validateDistinctKeys() }
        }
        if mark != nil, !capabilities.marks {
            throw .unsupported("The store can't mark a batch in its own atomic write.")
        }
    }

    private func validateScope(_ scope: BatchScope) throws(StoreError) {
        switch scope {
        case .store: return
        case .partition:
            let partition = operations[0].key.partition
            if let stray = operations.first(where: { $0.key.partition != partition }) {
                throw .unsupported(
                    "A batch reaches one partition of this store: write one batch a partition.",
                    ["key": "\(stray.key)"]
                )
            }
        case .key:
            throw .unsupported(
                "A batch reaches one key of this store: write one batch a key.",
                ["operations": "\(operations.count)"]
            )
        }
    }

    private func validateDistinctKeys() throws(StoreError) {
        var seen = Set<Key>(minimumCapacity: operations.count)
        for operation in operations where !seen.insert(operation.key).inserted {
            throw .invalidArgument(
                "A batch names each key at most once: make one operation of them.",
                ["key": "\(operation.key)"]
            )
        }
    }
}

extension WriteBatch.Operation {
    /// Throws unless the operation is legal by itself; its bytes otherwise.
    fileprivate func validate(for capabilities: Capabilities) throws(StoreError) -> Int {
        try key.validate(for: capabilities.limits)
        var bytes = key.partition.count + key.bytes.count
        switch action {
        case .put(let value):
            guard value.count <= capabilities.limits.valueBytesMax else {
                throw .tooLarge("valueBytesMax", value.count, capabilities.limits.valueBytesMax)
            }
            bytes += value.count
        case .add:
            guard capabilities.integerAdd else { throw .unsupported("The store has no additions.") }
            bytes += 8
        case .check:
            guard precondition != nil else {
                throw .invalidArgument("A check needs a precondition.", ["key": "\(key)"])
            }
        case .bury, .delete: break
        }
        if precondition != nil {
            let isThere = action == .delete ? capabilities.conditionalDelete : capabilities.conditionalWrite
            guard isThere else {
                throw .unsupported("The store has no preconditions for this action.", ["key": "\(key)"])
            }
        }
        return bytes
    }
}
