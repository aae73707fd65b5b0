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

extension QueryRun {
    /// Makes what was found by a branch of a plan what it is going to be with the staged changes: of those records, the
    /// ones that the branch would deliver, each at its place.
    func overlay(
        _ part: inout QueryRunner.Page,
        _ branch: QueryPlan.Branch,
        _ isReversed: Bool,
        _ wanted: Int,
        after start: [UInt8]?,
        _ judging: RecordJudging
    ) throws(RecordError) {
        guard !staged.isEmpty, let source = branch.unions.first else { return }
        func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            isReversed ? ByteOrder.precedes(right, left) : ByteOrder.precedes(left, right)
        }
        part.found.removeAll { staged[$0.key] != nil }
        for (key, change) in staged where change.shape.name == shape.name {
            guard let content = change.content, branch.filter.holds(of: content.values),
                let position = source.position(of: change.projection, at: key),
                start.map({ precedes($0, position) }) ?? true,
                !(part.position.map { precedes($0, position) } ?? false)
            else { continue }
            part.found.append(
                QueryRunner.Found(
                    position: position,
                    key: key,
                    version: change.version,
                    body: content.body,
                    content: try judging.content(content.body)
                )
            )
        }
        part.found.sort { precedes($0.position, $1.position) }
        if part.found.count > wanted {
            part.found.removeLast(part.found.count - wanted)
            part.position = part.found.last?.position
        }
    }
}

extension QueryPlan.Union {
    /// Where a record has its place; nil where it has none.
    fileprivate func position(of projection: Projection, at record: Key) -> [UInt8]? {
        for key in indexes.isEmpty ? [record] : projection.entries {
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
