extension Key {
    /// For stores: throws unless the key is legal within these limits.
    public func validate(for limits: Limits) throws(StoreError) {
        try Key.validate(partition: partition, for: limits)
        guard !bytes.isEmpty else {
            throw .invalidArgument("A key has at least one byte.", ["partition": Key.escaped(partition)])
        }
        guard bytes.count <= limits.keyBytesMax else {
            throw .tooLarge("keyBytesMax", bytes.count, limits.keyBytesMax)
        }
    }

    static func validate(partition: [UInt8], for limits: Limits) throws(StoreError) {
        guard !partition.isEmpty else { throw .invalidArgument("A partition has at least one byte.") }
        guard partition.count <= limits.partitionBytesMax else {
            throw .tooLarge("partitionBytesMax", partition.count, limits.partitionBytesMax)
        }
    }

    /// For stores: throws unless `keys` may be read by one `get`.
    public static func validate(_ keys: [Key], for limits: Limits) throws(StoreError) {
        guard keys.count <= limits.getKeysMax else { throw .tooLarge("getKeysMax", keys.count, limits.getKeysMax) }
        for key in keys { try key.validate(for: limits) }
    }
}

extension KeyRange {
    /// For stores: throws unless the range is legal for a store of these capabilities.
    ///
    /// Bounds are places between keys, not keys: they may be empty, and longer than any key.
    public func validate(for capabilities: Capabilities) throws(StoreError) {
        switch extent {
        case .all: return
        case .partitions:
            guard capabilities.order == .store else {
                throw .unsupported("The store keeps partitions in no order: list them, and read one at a time.")
            }
        case .keys(let partition, let lower, let upper):
            try Key.validate(partition: partition, for: capabilities.limits)
            guard capabilities.order >= .partition || (lower == nil && upper == nil) else {
                throw .unsupported("The store keeps keys in no order: read the whole partition.")
            }
        }
    }

    /// For stores: throws unless the range is one of records, and legal for a store of these capabilities.
    public func validateForDeleting(in capabilities: Capabilities) throws(StoreError) {
        guard space == .records else {
            throw .invalidArgument("A range of reserved space can't be deleted: delete its keys one by one.")
        }
        try validate(for: capabilities)
    }
}

extension ScanOptions {
    /// For stores: throws unless a store of these capabilities can scan so; the limit cut to the store's otherwise.
    public func validated(for capabilities: Capabilities) throws(StoreError) -> ScanOptions {
        guard limit > 0, bytesMax > 0 else {
            throw .invalidArgument(
                "A page has room for at least one key and one byte.",
                ["limit": "\(limit)", "bytesMax": "\(bytesMax)"]
            )
        }
        if reverse, !capabilities.reverseScan { throw .unsupported("The store has no reverse scan.") }
        var options = self
        options.limit = min(limit, capabilities.limits.pageKeysMax)
        return options
    }
}

extension Limits {
    /// For stores: the limit of a page of a listing, cut to ``pageKeysMax``; throws unless it is positive.
    public func listingLimit(_ limit: Int) throws(StoreError) -> Int {
        guard limit > 0 else {
            throw .invalidArgument("A page has room for at least one item.", ["limit": "\(limit)"])
        }
        return min(limit, pageKeysMax)
    }
}
