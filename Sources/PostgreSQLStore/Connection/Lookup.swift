#if PostgreSQL
import KeyValue

/// Rows that one caller asks for by their keys.
///
/// Those that wait together are asked for in one query: that costs the server a fraction of a query for each.
struct Lookup: Sendable {
    let keys: [Key]
    let statements: Statements

    /// More keys than these are a query's worth by themselves.
    private static let sharedKeysMax = 16

    var query: Query { keys.count == 1 ? statements.get(keys[0]) : statements.get(keys) }

    /// The same work in fewer queries. The jobs are reads that were begun, on no leased connection.
    static func gather(_ jobs: [Job]) -> [Job] {
        var shared: [Job] = []
        var keys: [Key] = []
        var statements: Statements?
        var gathered: [Job] = []
        for job in jobs {
            if case .lookup(let lookup) = job.work, lookup.keys.count <= sharedKeysMax {
                shared.append(job)
                keys += lookup.keys
                statements = lookup.statements
            } else {
                gathered.append(job)
            }
        }
        guard shared.count > 1, let statements else { return jobs }
        let deadline = shared.reduce(Int64.max) { min($0, $1.deadline) }
        gathered.append(Job(.lookups(shared, statements.get(keys)), kind: .read, deadline: deadline))
        return gathered
    }

    /// Gives each job its rows of one common result, or the common failure.
    static func finish(_ jobs: [Job], _ answer: Job.Answer) {
        guard case .success(let results) = answer, let result = results.first else {
            for job in jobs { job.finish(answer) }
            return
        }
        let places = (0..<result.count).map { result.integer($0, 0) ?? 0 }
        // They come in the order of the keys, which the server does nowhere promise; without it each looks for its own.
        let isOrdered = zip(places, places.dropFirst()).allSatisfy { $0 <= $1 }
        var row = 0
        var placesBefore = 0
        for job in jobs {
            guard case .lookup(let lookup) = job.work else { continue }
            let first = row
            let end = placesBefore + lookup.keys.count
            while row < places.count, places[row] <= end { row += 1 }
            let rows = isOrdered ? first..<row : 0..<places.count
            job.finish(.success([result.part(rows, placesBefore: placesBefore)]))
            placesBefore = end
        }
    }
}
#endif
