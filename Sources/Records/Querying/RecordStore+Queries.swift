import KeyValue
public import Tuples

extension RecordStore {
    /// One page of the records that a query asks for.
    ///
    /// Every record that is as the query asks from before its first page until after its last is on exactly one page; one
    /// that changes meanwhile may be on none, or on one for each of its places in the order.
    /// - Throws: ``RecordError`` for a query that makes no sense, one that no index serves, and a cursor of another
    ///   query.
    public func find<Message>(_ query: Query, as type: RecordType<Message>) async throws -> QueryPage<Message> {
        let (page, cursor) = try await page(query, type, type.judging)
        return try QueryPage(page, cursor, query, type)
    }

    /// The same page with some fields of each record alone. Records whose fields are read by their numbers are not
    /// decoded.
    ///
    /// A cursor goes on with any choice of fields, and in ``find(_:as:)``.
    ///
    /// - Parameters:
    ///   - names: The names of the fields, in the order in which they are wanted.
    ///   - query: The query.
    ///   - type: The record type.
    /// - Throws: As ``find(_:as:)``, and ``RecordError/Code/unknownField``.
    public func select<Message>(
        _ names: [String],
        _ query: Query,
        as type: RecordType<Message>
    ) async throws -> QueryPage<SelectedFields> {
        for name in names { try type.shape.require(name, isMultiValued: nil, []) }
        let (page, cursor) = try await page(query, type) { type.judging($0.union(names)) }
        let records = page.found.map { found in
            let fields = names.map { name in
                StoredField(
                    name: name,
                    isMultiValued: type.shape.fields[name]?.isMultiValued ?? false,
                    values: found.content.values[name]
                )
            }
            return Stored(message: SelectedFields(fields: fields), version: found.version)
        }
        return QueryPage(
            records: records,
            cursor: cursor,
            isPartial: cursor != nil && records.count < query.limit,
            examined: page.examined
        )
    }

    private func page<Message>(
        _ query: Query,
        _ type: RecordType<Message>,
        _ judging: (Set<String>) -> RecordJudging
    ) async throws -> (page: QueryRun.Page, cursor: QueryCursor?) {
        let view = try await schema.view()
        let run = QueryRun(writer: writer, shape: view.reading(type.shape), query: query, cursorKey: cursorKey)
        let found = try await run.page(judging)
        if !schema.isHeld(view) {
            guard try await schema.view().description[type: type.name] == view.description[type: type.name] else {
                throw RecordError(.contended, "An index changed its state meanwhile: ask again.", ["type": type.name])
            }
        }
        return found
    }

    /// One page as it is with the staged changes of a transaction, of the one partition that they are in.
    func find<Message>(
        _ query: Query,
        _ type: RecordType<Message>,
        _ view: SchemaView,
        _ writer: RecordWriter,
        _ staged: [Key: StagedChange]
    ) async throws -> QueryPage<Message> {
        let run = QueryRun(
            writer: writer,
            shape: view.reading(type.shape),
            query: query,
            cursorKey: cursorKey,
            staged: staged
        )
        let (page, cursor) = try await run.page(type.judging)
        return try QueryPage(page, cursor, query, type)
    }

    /// How a query would be answered, for people.
    public func explain<Message>(_ query: Query, as type: RecordType<Message>) throws(RecordError) -> String {
        let shape = schema.latest?.reading(type.shape) ?? type.shape
        return try QueryRun(writer: writer, shape: shape, query: query, cursorKey: cursorKey).strategy().description
    }
}

/// Some fields of a record.
public struct SelectedFields: Hashable, Sendable {
    /// The fields, in the order in which they were named.
    public let fields: [StoredField]

    /// The values of a field; none if it was not named.
    public subscript(name: String) -> [TupleElement] { fields.first { $0.name == name }?.values ?? [] }
}

extension QueryPage {
    init(
        _ page: QueryRun.Page,
        _ cursor: QueryCursor?,
        _ query: Query,
        _ type: RecordType<Message>
    ) throws(RecordError) {
        let records = try type.stored(page.found)
        self.init(
            records: records,
            cursor: cursor,
            isPartial: cursor != nil && records.count < query.limit,
            examined: page.examined
        )
    }
}
