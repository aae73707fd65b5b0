import KeyValue

/// What a transaction is going to make of one record.
struct StagedChange: Sendable {
    let shape: RecordShape
    /// The version that the record is going to have.
    let version: RecordVersion
    /// The message to store; nil to delete the record.
    let content: RecordContent?
    /// What the record is going to hold in indexes.
    let projection: Projection

    init(
        _ content: RecordContent?,
        at key: Key,
        _ shape: RecordShape,
        _ version: RecordVersion,
        _ layout: RecordLayout
    ) throws(RecordError) {
        self.shape = shape
        self.version = version
        self.content = content
        guard let content else {
            projection = .empty
            return
        }
        let address = try shape.address(of: content.values)
        guard try layout.key(of: address, shape) == key else {
            throw RecordError(
                .invalidDeclaration,
                "A change of a record can't change its keys: delete it and insert another.",
                ["type": shape.name]
            )
        }
        projection = try Projection(of: content.values, at: address, shape, layout)
    }

    /// The record as the transaction sees it.
    var envelope: Envelope? {
        content.map { content in
            Envelope(type: shape.name, schemaVersion: shape.schemaVersion, version: version, body: content.body)
        }
    }
}

extension QueryRunner.Page {
    /// Makes the page one of the records as they are going to be.
    mutating func overlay(
        _ staged: [Key: StagedChange],
        _ type: RecordType<Message>,
        _ plan: QueryPlan,
        _ query: Query,
        after start: [UInt8]?
    ) throws(RecordError) {
        guard let source = plan.unions.first else { return }
        func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            query.isDescending ? ByteOrder.precedes(right, left) : ByteOrder.precedes(left, right)
        }
        found.removeAll { staged[$0.key] != nil }
        for (key, change) in staged where change.shape.name == type.name {
            guard let content = change.content, query.filter.holds(of: content.values),
                let place = source.position(of: change.projection, at: key), start.map({ precedes($0, place) }) ?? true,
                !(position.map { precedes($0, place) } ?? false)
            else { continue }
            let record = RecordStore.Stored(message: try type.decode(content.body), version: change.version)
            found.append(QueryRunner.Found(position: place, key: key, record: record))
        }
        found.sort { precedes($0.position, $1.position) }
        if found.count > query.limit {
            found.removeLast(found.count - query.limit)
            position = found.last?.position
        }
        isPartial = position != nil && found.count < query.limit
    }
}

extension QueryPlan.Union {
    /// Where a record has its place; nil where it has none.
    fileprivate func position(of projection: Projection, at record: Key) -> [UInt8]? {
        for key in index == nil ? [record] : projection.entries {
            for range in ranges where range.partition == key.partition && key.bytes.starts(with: range.prefix) {
                let position = Array(key.bytes.dropFirst(range.prefix.count))
                guard !ByteOrder.precedes(position, range.lower), ByteOrder.precedes(position, range.upper) else {
                    continue
                }
                return position
            }
        }
        return nil
    }
}
