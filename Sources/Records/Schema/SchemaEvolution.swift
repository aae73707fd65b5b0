/// What becomes of the schema on a store when a program comes with declarations of its own. Pure.
///
/// Allowed are new types, new fields, new indexes, a higher schema version, and leaving out what nobody else needs: a
/// type, a field, an index that is disabled. Everything that stored keys or the meaning of stored entries rest on stays
/// as it is, and what is retired is never used again.
enum SchemaEvolution {
    /// The schema with a program's declarations merged in. Its epoch is higher if anything is new.
    static func merging(
        _ declared: [RecordShape],
        into stored: SchemaDescription
    ) throws(RecordError) -> SchemaDescription {
        var merged = stored
        for shape in declared {
            guard let position = merged.types.firstIndex(where: { $0.name == shape.name }) else {
                // Nobody has written a record of it: a writer's type is in the schema first.
                merged.types.append(RecordTypeDescription(shape, .readable))
                continue
            }
            merged.types[position] = try merging(
                RecordTypeDescription(shape, .disabled),
                into: merged.types[position]
            )
        }
        merged.types.sort { $0.name < $1.name }
        if merged != stored { merged.epoch += 1 }
        return merged
    }

    /// Throws if a program that declares a type like this must not write.
    static func admit(_ shape: RecordShape, under stored: SchemaDescription) throws(RecordError) {
        guard let type = stored[type: shape.name] else {
            throw RecordError(
                .outdatedSchema,
                "The schema on the store has lost a record type: open the records again.",
                ["type": shape.name]
            )
        }
        guard type.isRetired != true else {
            throw RecordError(
                .outdatedSchema,
                "The record type is being removed: leave it out of the declarations.",
                ["type": shape.name]
            )
        }
        for index in type.indexes where index.state.isLive {
            guard shape.indexes.contains(where: { IndexDescription($0, .disabled).isAlike(index) }) else {
                throw RecordError(
                    .outdatedSchema,
                    """
                    The store keeps an index that this program does not declare: use the release that does, or drop \
                    the index.
                    """,
                    ["type": shape.name, "index": index.name, "state": index.state.rawValue]
                )
            }
        }
    }

    private static func merging(
        _ declared: RecordTypeDescription,
        into stored: RecordTypeDescription
    ) throws(RecordError) -> RecordTypeDescription {
        try require(
            declared.primaryKey == stored.primaryKey,
            "The primary key of a type stays as it is: declare a type of another name and move the records.",
            ["type": stored.name]
        )
        try require(
            declared.group == stored.group && declared.partitionedBy == stored.partitionedBy
                && declared.shards == stored.shards,
            "The partition key of a type stays as it is: declare a type of another name and move the records.",
            ["type": stored.name]
        )
        try require(
            declared.expiry == stored.expiry,
            """
            The field of a type's expiry stays as it is, since programs would not agree on which records are there: \
            declare a type of another name and move the records.
            """,
            ["type": stored.name]
        )
        try require(
            declared.queriesInTransactions == stored.queriesInTransactions,
            """
            Whether transactions may ask queries of a type stays as it is, since every program has to write its stamps: \
            declare a type of another name and move the records.
            """,
            ["type": stored.name]
        )
        try require(
            stored.isRetired != true,
            "The record type is being removed: leave it out, or declare a type of another name.",
            ["type": stored.name]
        )
        var merged = stored
        merged.schemaVersion = max(stored.schemaVersion, declared.schemaVersion)
        try merge(declared.fields, into: &merged)
        for index in declared.indexes {
            guard let known = stored[index: index.name] else {
                merged.indexes.append(index)
                continue
            }
            try require(
                known.isAlike(index),
                "The definition of an index stays as it is: declare one of another name, build it, and drop this one.",
                ["type": stored.name, "index": index.name]
            )
        }
        try requireFree(merged)
        merged.fields.sort { $0.name < $1.name }
        merged.indexes.sort { $0.name < $1.name }
        return merged
    }

    private static func merge(
        _ declared: [RecordTypeDescription.Field],
        into type: inout RecordTypeDescription
    ) throws(RecordError) {
        for field in declared {
            try requireUnused(field, in: type)
            guard let place = type.fields.firstIndex(where: { $0.name == field.name }) else {
                type.fields.append(field)
                continue
            }
            let known = type.fields[place]
            try require(
                known.isAlike(field),
                """
                The kind of a field and its number in the message stay as they are, also of one that was left out for a \
                while: declare a field of another name.
                """,
                ["type": type.name, "field": field.name, "kind": known.kind.rawValue]
            )
            // A release before may have computed what this one reads by its number.
            if known.number == nil { type.fields[place] = field }
            type.fields[place].isRetired = field.isRetired
        }
    }

    /// Throws where a declared field has the name or the number of one that is retired.
    private static func requireUnused(
        _ field: RecordTypeDescription.Field,
        in stored: RecordTypeDescription
    ) throws(RecordError) {
        for retired in stored.fields where retired.isRetired == true {
            let metadata = ["type": stored.name, "field": field.name, "retired": retired.name]
            guard retired.name != field.name else {
                try require(
                    field.isRetired == true,
                    "The name of a retired field is never used again: declare a field of another name and number.",
                    metadata
                )
                continue
            }
            try require(
                field.isRetired == true || retired.number == nil || retired.number != field.number,
                "The number of a retired field is never used again: declare the field with another number.",
                metadata
            )
        }
    }

    /// Throws where an index of the schema takes a field that is retired.
    private static func requireFree(_ type: RecordTypeDescription) throws(RecordError) {
        for field in type.fields where field.isRetired == true {
            for index in type.indexes where index.takes(field.name) {
                throw RecordError(
                    .forbiddenChange,
                    "An index takes the field that is to be retired: drop the index first.",
                    ["type": type.name, "field": field.name, "index": index.name]
                )
            }
            for other in type.fields where other.isRetired != true {
                try require(
                    field.number == nil || other.number != field.number,
                    "Another field of the schema has the number of the field that is to be retired: retire it as well.",
                    ["type": type.name, "field": other.name, "retired": field.name]
                )
            }
        }
    }

    private static func require(
        _ holds: Bool,
        _ message: StaticString,
        _ metadata: [String: String]
    ) throws(RecordError) {
        guard holds else { throw RecordError(.forbiddenChange, message, metadata) }
    }
}
