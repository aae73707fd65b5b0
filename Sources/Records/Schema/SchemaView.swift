import KeyValue

/// What a program has read of the schema, and until when it may act on it.
struct SchemaView: Sendable {
    let description: SchemaDescription
    let revision: Revision
    /// On the clock of the ``StoreEnvironment``.
    let heldUntil: Duration
    private let writing: [String: RecordShape]
    private let reading: [String: RecordShape]

    /// - Throws: ``RecordError/Code/outdatedSchema`` where a program with these declarations must not write.
    init(
        _ description: SchemaDescription,
        _ revision: Revision,
        heldUntil: Duration,
        _ declared: [String: RecordShape],
        _ rules: WriteRules
    ) throws(RecordError) {
        self.description = description
        self.revision = revision
        self.heldUntil = heldUntil
        if rules.contains(.refuseUnknown) {
            for shape in declared.values { try SchemaEvolution.admit(shape, under: description) }
        }
        writing = declared.mapValues { declared in
            var shape = declared.keeping { description.state(of: $0, declared).isLive }
            shape.exact = description.exact(of: shape)
            shape.counting = description.counting(of: shape)
            return shape
        }
        reading = declared.mapValues { shape in
            shape.keeping { description.state(of: $0, shape) == .readable }
        }
    }

    /// The types with the indexes that writers keep.
    var shapes: [String: RecordShape] { writing }

    /// The lives of a type's indexes, and how far they are counted.
    func lives(of shape: RecordShape) -> [IndexLife] {
        (description[type: shape.name]?.indexes ?? []).filter(\.state.isLive).map(\.life)
    }

    /// A type with the indexes that writers keep.
    func writing(_ shape: RecordShape) -> RecordShape { writing[shape.name] ?? shape }

    /// A type with the indexes that readers may use.
    func reading(_ shape: RecordShape) -> RecordShape { reading[shape.name] ?? shape }
}

extension SchemaDescription {
    /// The published counts and sums that are not behind.
    func exact(of shape: RecordShape) -> Set<String> {
        let published = shape.indexes.filter(\.isPublished).map(\.name)
        return Set(published.filter { self[type: shape.name]?[index: $0]?.isBehind != true })
    }

    /// The counts and sums that are being built.
    func counting(of shape: RecordShape) -> [String: CountingEpoch] {
        var found: [String: CountingEpoch] = [:]
        for index in shape.indexes where index.isAggregate {
            guard let known = self[type: shape.name]?[index: index.name], let phase = known.counting else { continue }
            found[index.name] = CountingEpoch(generation: known.generation, phase: phase)
        }
        return found
    }

    func state(of index: Index, _ shape: RecordShape) -> IndexState {
        guard let known = self[type: shape.name]?[index: index.name], known.isAlike(IndexDescription(index, .disabled))
        else { return .disabled }
        return known.state
    }

    /// Changes the description of a type, and counts the epoch.
    mutating func update(
        _ type: String,
        _ change: (inout RecordTypeDescription) throws(RecordError) -> Void
    ) throws(RecordError) {
        guard let position = types.firstIndex(where: { $0.name == type }) else {
            throw RecordError(.invalidDeclaration, "The schema on the store has no type of this name.", ["type": type])
        }
        let before = types[position]
        try change(&types[position])
        if types[position] != before { epoch += 1 }
    }

    /// Changes the description of an index, and counts the epoch.
    mutating func update(
        _ index: String,
        of type: String,
        _ change: (inout IndexDescription) throws(RecordError) -> Void
    ) throws(RecordError) {
        try update(type) { (type) throws(RecordError) in
            guard let place = type.indexes.firstIndex(where: { $0.name == index }) else {
                throw RecordError(
                    .invalidDeclaration,
                    "The schema on the store has no index of this name.",
                    ["type": type.name, "index": index]
                )
            }
            try change(&type.indexes[place])
        }
    }
}
