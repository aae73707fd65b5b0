#if SQLite
import CSQLite
import KeyValue

/// A range, from where a cursor left off, as a query and its parameters.
struct RangeQuery {
    let space: KeySpace
    let shape: ScanShape
    private let lower: (partition: [UInt8], key: [UInt8])
    private let upper: (partition: [UInt8], key: [UInt8])?

    init(_ range: KeyRange, keysOnly: Bool, reverse: Bool, after position: Key?) {
        space = range.space
        var shape: ScanShape = []
        var lower: (partition: [UInt8], key: [UInt8]) = ([], [])
        var upper: (partition: [UInt8], key: [UInt8])?
        switch range.extent {
        case .all: break
        case .partitions(let first, let last):
            // A key is never empty, so that the empty one is before all of its partition.
            lower.partition = first ?? []
            upper = last.map { ($0, []) }
        case .keys(let partition, let first, let last):
            shape.insert(.onePartition)
            lower = (partition, first ?? [])
            upper = last.map { (partition, $0) }
        }
        if let position {
            if reverse {
                upper = (position.partition, position.bytes)
            } else {
                // The first key that can follow.
                lower = (position.partition, position.bytes + [0])
            }
        }
        if upper != nil { shape.insert(.upperBound) }
        if reverse { shape.insert(.reverse) }
        if keysOnly { shape.insert(.keysOnly) }
        self.shape = shape
        self.lower = lower
        self.upper = upper
    }

    /// Steps through the rows in order, for as long as `body` says so, in one read transaction.
    ///
    /// The statement stands on a row: partition, key, nonce, value or length.
    func forEach(on connection: Connection, _ body: (Statement) -> Bool) throws(EngineError) {
        let statement = try connection.statement(.scan(shape, space))
        defer { statement.reset() }
        try connection.check(statement.bind(lower.partition, at: 1))
        try connection.check(statement.bind(lower.key, at: 2))
        if let upper {
            if !shape.contains(.onePartition) { try connection.check(statement.bind(upper.partition, at: 3)) }
            try connection.check(statement.bind(upper.key, at: 4))
        }
        while true {
            let code = statement.step()
            guard code == SQLITE_ROW else { return try connection.check(code) }
            if !body(statement) { return }
        }
    }
}
#endif
