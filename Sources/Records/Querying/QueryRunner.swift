import KeyValue

/// Carries out a plan: candidates are held against their records, which are read many at a time.
struct QueryRunner: Sendable {
    let writer: RecordWriter
    let shape: RecordShape

    /// A record, and where it is in the order of the plan.
    struct Found: Sendable {
        var position: [UInt8]
        var key: Key
        var envelope: Envelope
    }

    /// What a run of a plan found.
    struct Page: Sendable {
        var found: [Found] = []
        /// The position of the last candidate that was looked at, if there may be more.
        var position: [UInt8]?
        var isPartial = false
        var examined = 0
    }

    func run(_ plan: QueryPlan, _ query: Query, after position: [UInt8]?) async throws -> Page {
        var page = Page()
        var streams = plan.unions.map { UnionStream($0, after: position, reverse: query.isDescending) }
        let pageLimit = min(256, max(query.limit, 16), query.examinedMax)
        var isAtEnd = false
        while !isAtEnd, page.found.count < query.limit, page.examined < query.examinedMax || page.position == nil {
            var candidates: [Candidate] = []
            let wanted = min(query.limit - page.found.count, writer.store.capabilities.limits.getKeysMax)
            var passed: [UInt8]?
            while candidates.count < wanted {
                guard let (candidate, isMatch) = try await next(&streams, query.isDescending, pageLimit, &page.examined)
                else {
                    isAtEnd = true
                    break
                }
                passed = candidate.position
                if isMatch { candidates.append(candidate) }
                if page.examined >= query.examinedMax { break }
            }
            page.found += try await matches(candidates, plan, query)
            page.position = passed ?? page.position
        }
        if isAtEnd {
            page.position = nil
        } else {
            page.isPartial = page.found.count < query.limit
        }
        return page
    }

    /// The next position and whether it is in all streams; nil at the end.
    private func next(
        _ streams: inout [UnionStream],
        _ reverse: Bool,
        _ limit: Int,
        _ examined: inout Int
    ) async throws -> (Candidate, Bool)? {
        var first: Candidate?
        var count = 0
        for index in streams.indices {
            guard let head = try await streams[index].head(writer.store, limit, &examined) else { return nil }
            let order = first.map { ByteOrder.compare(head.position, $0.position) } ?? 0
            if first == nil || (reverse ? order > 0 : order < 0) {
                first = head
                count = 1
            } else if order == 0 {
                count += 1
            }
        }
        guard let first else { return nil }
        for index in streams.indices {
            try await streams[index].advance(past: first.position, writer.store, limit)
        }
        return (first, count == streams.count)
    }

    /// The records of candidates that really are what the plan takes them for, in the candidates' order.
    private func matches(_ candidates: [Candidate], _ plan: QueryPlan, _ query: Query) async throws -> [Found] {
        guard let source = plan.unions.first, !candidates.isEmpty else { return [] }
        var keys: [Key] = []
        for candidate in candidates {
            guard source.index != nil else {
                keys.append(candidate.entry.key)
                continue
            }
            guard let (_, _, elements) = RecordLayout.decode(candidate.entry.key),
                let key = try RecordLayout.record(of: candidate.entry.key, elements, shape)
            else { throw RecordError.damaged("An index entry names no record.", ["type": shape.name]) }
            keys.append(key)
        }
        let read = source.index == nil ? candidates.map(\.entry) : try await writer.store.get(keys)
        var found: [Found] = []
        for (index, key) in keys.enumerated() {
            let row = try RecordRow(read[index], at: key, now: writer.wallClock(), shape, writer.layout)
            guard let live = row.live,
                source.index == nil || source.holds(row.projection, at: candidates[index].position),
                query.filter.holds(of: try shape.extract(live.body))
            else { continue }
            found.append(Found(position: candidates[index].position, key: key, envelope: live))
        }
        return found
    }
}

extension QueryPlan.Union {
    /// Whether a record really has a place at a position. An entry is a hint: it may be left over from another value,
    /// beside one that is not.
    fileprivate func holds(_ projection: Projection, at position: [UInt8]) -> Bool {
        ranges.contains { projection.entries.contains(Key(partition: $0.partition, bytes: $0.prefix + position)) }
    }
}
