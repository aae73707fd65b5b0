import KeyValue
import Tuples

/// Carries out a branch of a plan: candidates are held against their records, which are read many at a time.
struct QueryRunner: Sendable {
    let store: any KeyValueStore
    let shape: RecordShape
    let judging: RecordJudging
    /// Records that have expired by then are left out; nil to leave none out.
    let now: Timestamp?
    let rules: WriteRules

    /// A record, and where it is in the order of the plan.
    struct Found: Sendable {
        var position: [UInt8]
        var key: Key
        var version: RecordVersion
        var body: ArraySlice<UInt8>
        var content: RecordJudging.Content
    }

    /// What a run of a branch found.
    struct Page: Sendable {
        var found: [Found] = []
        /// The position of the last candidate that was looked at, if there may be more.
        var position: [UInt8]?
        var examined = 0
    }

    /// How much more is looked at than is likely to be needed, where not every candidate is a match.
    private static let reserve = 1.25
    private static let leastAtOnce = 16
    private static let mostAtOnce = 256

    /// - Parameters:
    ///   - branch: The branch.
    ///   - reverse: Whether its ranges are read from their ends.
    ///   - limit: How many records are wanted at most.
    ///   - examinedMax: After how many examined rows it ends, about; at least one candidate is looked at.
    ///   - position: Behind which position to go on.
    func run(
        _ branch: QueryPlan.Branch,
        reverse: Bool,
        limit: Int,
        examinedMax: Int,
        after position: [UInt8]?
    ) async throws -> Page {
        var page = Page()
        guard let source = branch.unions.first else { return page }
        let judge = try CandidateJudge(branch, source, shape, now: now, rules, judging)
        var streams = branch.unions.map { UnionStream($0, after: position, reverse: reverse) }
        var looked = 0
        while page.found.count < limit, page.examined < examinedMax || page.position == nil {
            let wanted = wanted(limit - page.found.count, found: page.found.count, of: looked)
            let (candidates, passed, isAtEnd) = try await candidates(
                &streams,
                reverse: reverse,
                wanted,
                examinedMax,
                &page.examined
            )
            looked += candidates.count
            page.found.take(try await matches(candidates, judge, atMost: limit - page.found.count + 1))
            if page.found.count > limit {
                page.found.removeLast(page.found.count - limit)
                page.position = page.found.last?.position
                return page
            }
            if isAtEnd {
                page.position = nil
                return page
            }
            page.position = passed ?? page.position
        }
        return page
    }

    /// How many candidates to look at for so many more records.
    private func wanted(_ missing: Int, found: Int, of looked: Int) -> Int {
        let most = min(store.capabilities.limits.getKeysMax, max(missing, QueryRunner.mostAtOnce))
        guard looked > 0 else { return min(missing, most) }
        guard found < looked else { return min(missing, most) }
        let likely = Double(missing) * Double(looked) / Double(max(1, found)) * QueryRunner.reserve
        return min(max(Int(likely.rounded(.up)), QueryRunner.leastAtOnce), most)
    }

    /// The next candidates that are in all streams, where they end, and whether that is the end of all.
    private func candidates(
        _ streams: inout [UnionStream],
        reverse: Bool,
        _ wanted: Int,
        _ examinedMax: Int,
        _ examined: inout Int
    ) async throws -> (candidates: [Candidate], passed: [UInt8]?, isAtEnd: Bool) {
        let most = min(QueryRunner.mostAtOnce, examinedMax)
        var candidates: [Candidate] = []
        candidates.reserveCapacity(wanted)
        var passed: [UInt8]?
        while candidates.count < wanted {
            for index in streams.indices where streams[index].isDry {
                try await streams[index].fill(store, max(wanted, QueryRunner.leastAtOnce), most: most, &examined)
            }
            guard let (candidate, isMatch) = QueryRunner.next(&streams, reverse) else {
                return (candidates, passed, true)
            }
            passed = candidate.position
            if isMatch { candidates.append(candidate) }
            if examined >= examinedMax { break }
        }
        return (candidates, passed, false)
    }

    /// The next position and whether it is in all streams; nil at the end.
    private static func next(_ streams: inout [UnionStream], _ reverse: Bool) -> (Candidate, Bool)? {
        if streams.count == 1 {
            guard let head = streams[0].head else { return nil }
            streams[0].advance(past: head.position)
            return (head, true)
        }
        var first: Candidate?
        var count = 0
        for stream in streams {
            guard let head = stream.head else { return nil }
            let order = first.map { ByteOrder.compare(head.position, $0.position) } ?? 0
            if first == nil || (reverse ? order > 0 : order < 0) {
                first = head
                count = 1
            } else if order == 0 {
                count += 1
            }
        }
        guard let first else { return nil }
        for index in streams.indices { streams[index].advance(past: first.position) }
        return (first, count == streams.count)
    }

    /// The records of candidates that really are what the plan takes them for, in the candidates' order, and no more
    /// than so many.
    private func matches(_ candidates: [Candidate], _ judge: CandidateJudge, atMost limit: Int) async throws -> [Found]
    {
        var places: [CandidateJudge.Place] = []
        places.reserveCapacity(candidates.count)
        for candidate in candidates {
            if let place = try judge.place(of: candidate) { places.append(place) }
        }
        guard !places.isEmpty else { return [] }
        let read = judge.isIndexed ? try await store.get(places.map(\.key)) : []
        var encoder = TupleEncoder(reservingBytes: 64)
        var found: [Found] = []
        found.reserveCapacity(places.count)
        for (number, place) in places.enumerated() where found.count < limit {
            guard let row = judge.isIndexed ? read[number]?.value : place.candidate.value else { continue }
            do throws(RecordError) {
                guard let judged = try judge.record(row, at: place, &encoder) else { continue }
                found.append(
                    Found(
                        position: place.candidate.position,
                        key: place.key,
                        version: judged.version,
                        body: judged.body,
                        content: judged.content
                    )
                )
            } catch {
                throw error.at(place.key)
            }
        }
        return found
    }
}

extension [QueryRunner.Found] {
    /// Appends records. Most pages are found in one go, and then none is copied.
    mutating func take(_ more: [QueryRunner.Found]) {
        if isEmpty { self = more } else { self += more }
    }
}
