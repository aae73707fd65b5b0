#if SQLite
import CSQLite
import KeyValue

/// A range, from where a cursor left off, as one query or two with their parameters.
struct RangeQuery {
    /// A part of the range that one query can read.
    private struct Leg {
        var shape: ScanShape
        var parameters: [[UInt8]]

        init(_ shape: ScanShape, _ lower: [UInt8], _ upper: [UInt8]?, in partition: [UInt8]? = nil) {
            self.shape = shape
            parameters = [lower]
            if let partition {
                self.shape.insert(.onePartition)
                parameters.insert(partition, at: 0)
            }
            if let upper {
                self.shape.insert(.upperBound)
                parameters.append(upper)
            }
        }
    }

    private let space: KeySpace
    private let legs: [Leg]

    init(_ range: KeyRange, keysOnly: Bool, reverse: Bool, after position: Key?) {
        space = range.space
        var shape: ScanShape = []
        if reverse { shape.insert(.reverse) }
        if keysOnly { shape.insert(.keysOnly) }
        switch range.extent {
        case .all: legs = RangeQuery.legs(shape, [], nil, after: position)
        case .partitions(let lower, let upper): legs = RangeQuery.legs(shape, lower ?? [], upper, after: position)
        case .keys(let partition, let lower, let upper):
            var (lower, upper) = (lower ?? [], upper)
            if let position {
                if reverse { upper = position.bytes } else { lower = RangeQuery.next(position.bytes) }
            }
            legs = [Leg(shape, lower, upper, in: partition)]
        }
    }

    /// Whole partitions: what a cursor left of one of them, then the others.
    private static func legs(_ shape: ScanShape, _ lower: [UInt8], _ upper: [UInt8]?, after position: Key?) -> [Leg] {
        guard let position else { return [Leg(shape, lower, upper)] }
        if shape.contains(.reverse) {
            return [
                Leg(shape, [], position.bytes, in: position.partition),
                Leg(shape, lower, position.partition),
            ]
        }
        return [
            Leg(shape, next(position.bytes), nil, in: position.partition),
            Leg(shape, next(position.partition), upper),
        ]
    }

    /// The first byte string that sorts after one.
    private static func next(_ bytes: [UInt8]) -> [UInt8] { bytes + [0] }

    /// Steps through the rows in order, for as long as `body` says so, in one read transaction.
    func forEach(on connection: Connection, _ body: (ScanRow) -> Bool) throws(EngineError) {
        guard legs.count > 1 else {
            for leg in legs { _ = try run(leg, on: connection, body) }
            return
        }
        try connection.snapshot { (connection) throws(EngineError) in
            for leg in legs where try !run(leg, on: connection, body) { return }
        }
    }

    /// Whether the rows ended before `body` ended them.
    private func run(_ leg: Leg, on connection: Connection, _ body: (ScanRow) -> Bool) throws(EngineError) -> Bool {
        let statement = try connection.statement(.scan(leg.shape, space))
        defer { statement.reset() }
        for (index, parameter) in leg.parameters.enumerated() {
            try connection.check(statement.bind(parameter, at: Int32(index + 1)))
        }
        let isPartitionGiven = leg.shape.contains(.onePartition)
        let code = leg.parameters[0].withUnsafeBytes { given in
            while true {
                let code = statement.step()
                guard code == SQLITE_ROW else { return code }
                let partition = isPartitionGiven ? given : statement.column(3).bytes
                guard body(ScanRow(partition: partition, statement: statement)) else { return SQLITE_ROW }
            }
        }
        try connection.check(code)
        return code == SQLITE_DONE
    }
}

/// The row that a scan stands on, valid until it goes on.
struct ScanRow {
    let partition: UnsafeRawBufferPointer
    fileprivate let statement: Statement

    var key: UnsafeRawBufferPointer { statement.column(0).bytes }
    var nonce: UInt64 { statement.column(1).nonce }
    /// The value or its length.
    var value: Column { statement.column(2) }

    /// The row's address, copied.
    func address(in space: KeySpace) -> Key {
        Key(partition: Array(partition), bytes: Array(key), space: space)
    }
}
#endif
