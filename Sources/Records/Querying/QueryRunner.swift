import KeyValue

/// Carries out a plan: candidates are held against their records, which are read many at a time.
struct QueryRunner<Message: Sendable>: Sendable {
    let writer: RecordWriter
    let type: RecordType<Message>

    /// A record, and where it is in the order of the plan.
    struct Found: Sendable {
        var position: [UInt8]
        var key: Key
        var record: RecordStore.Stored<Message>
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
        guard let source = plan.unions.first else { return page }
        let judge = try CandidateJudge(source, query.filter, type, now: writer.wallClock())
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
            page.found += try await matches(candidates, judge)
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
    private func matches(_ candidates: [Candidate], _ judge: CandidateJudge<Message>) async throws -> [Found] {
        guard !candidates.isEmpty else { return [] }
        var places: [CandidateJudge<Message>.Place] = []
        places.reserveCapacity(candidates.count)
        for candidate in candidates { places.append(try judge.place(of: candidate)) }
        var found: [Found] = []
        found.reserveCapacity(candidates.count)
        guard judge.isIndexed else {
            for (candidate, place) in zip(candidates, places) {
                guard let record = try judge.record(candidate.value, at: place) else { continue }
                found.append(Found(position: candidate.position, key: place.key, record: record))
            }
            return found
        }
        let read = try await writer.store.get(places.map(\.key))
        for ((candidate, place), entry) in zip(zip(candidates, places), read) {
            guard let entry, let record = try judge.record(entry.value, at: place) else { continue }
            found.append(Found(position: candidate.position, key: place.key, record: record))
        }
        return found
    }
}
