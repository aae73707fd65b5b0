import Tuples

@testable import Records

extension SimulatedActor {
    /// Asks a query of one page, and holds what it finds against what was there meanwhile.
    func ask() async throws {
        let view = try await writer.schema?.view()
        let shape = view?.reading(shape) ?? shape
        let query = question(shape)
        let (begin, now) = (witness.moment, world.now)
        let run = QueryRun(
            writer: writer,
            shape: shape,
            query: query,
            cursorKey: CursorKey(high: 0, low: 0)
        )
        let type = try Simulation.type(isGlobal: true)
        let (page, cursor) = try await run.page(type.judging)
        // A store of records would look at the schema again.
        if let view, writer.schema?.isHeld(view) == false { return }
        if cursor != nil { witness.object("a page of few records has a cursor") }
        let (end, later) = (witness.moment, world.now)
        for (key, states) in witness.histories(from: begin, to: end) {
            let found = page.found.filter { $0.key == key }
            for one in found {
                guard let record = states.compactMap({ $0 }).first(where: { $0.version == one.version }) else {
                    witness.object("\(key) was found as it never was")
                    continue
                }
                if try !isWanted(record, query, now) { witness.object("\(key) was found by \(query.filter)") }
            }
            // Nobody has touched it meanwhile.
            guard states.count == 1, let record = states[0] else { continue }
            if found.count > 1 { witness.object("\(key) was found \(found.count) times") }
            if found.isEmpty, try isWanted(record, query, later) { witness.object("\(key) was not found by \(query)") }
        }
    }

    private func question(_ shape: RecordShape) -> Query {
        let partition: Tuple = [.string(["a", "b"][world.random(below: 2)])]
        let bound = TupleElement.integer(Int64(world.random(below: 3)))
        switch world.random(below: 4) {
        case 0: return Query(.compare("size", .greaterOrEqual, bound), in: partition, orderedBy: ["size"])
        case 1: return Query(.compare("size", .equal, bound), in: partition, isDescending: true)
        case 2:
            let isLocal = shape.indexes.contains { $0.name == "by_mark" && $0.scope == .local }
            return Query(
                .compare("mark", .greaterOrEqual, bound),
                in: isLocal ? partition : nil,
                orderedBy: ["mark"]
            )
        default: return Query(.or([.compare("size", .equal, bound), .compare("size", .equal, 1)]), in: partition)
        }
    }

    private func isWanted(_ record: Envelope, _ query: Query, _ now: Timestamp) throws -> Bool {
        let values = try shape.extract(record.body)
        let address = try shape.address(of: values)
        return query.filter.holds(of: values) && !shape.isExpired(values, now: now)
            && query.partition.map { $0 == address.partition } ?? true
    }
}
