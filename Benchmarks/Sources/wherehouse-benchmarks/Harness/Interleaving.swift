/// Something to be measured.
struct Body {
    /// Its name in the raw readings.
    var name: String
    /// How many operations one run does.
    var operations: Int
    /// What has to be done before each run, outside of the time taken.
    var prepare: () async throws -> Void = {}
    /// One run; it is given the number of the round. It returns a sum of what it saw or did. That of one operation
    /// has to be the same for all bodies that are run by turns, so that none is measured doing less.
    var run: (Int) async throws -> Int
    /// What has to be done after each run, outside of the time taken.
    var finish: () async throws -> Void = {}
    /// How long the last run took in nanoseconds, where another program has measured that itself.
    var ownTime: (() -> Double)?
}

/// Bodies that were to do the same did not.
struct Disagreement: Error {
    var sums: [String: Double]
}

/// Runs bodies by turns in this process, so that whatever else the machine does falls on all of them alike.
///
/// The first round is a warm-up and is dropped. The order rotates, and turns around in every second round.
/// - Returns: a series a body, in the order of `bodies`.
func interleave(_ bodies: [Body], repeats: Int) async throws -> [Series] {
    var series = bodies.map { Series(name: $0.name, readings: []) }
    for round in 0...repeats {
        var sums: [String: Double] = [:]
        for index in order(of: bodies.count, in: round) {
            let body = bodies[index]
            let operations = Double(body.operations)
            try await body.prepare()
            let cpu = Clock.cpu()
            let wall = Clock.wall()
            let sum = try await body.run(round)
            let time = Clock.wall() - wall
            let reading = Reading(
                wall: (body.ownTime?() ?? time) / operations,
                cpu: (Clock.cpu() - cpu) / operations
            )
            try await body.finish()
            sums[body.name] = Double(sum) / operations
            if round > 0 { series[index].readings.append(reading) }
        }
        guard Set(sums.values).count == 1 else { throw Disagreement(sums: sums) }
    }
    return series
}

private func order(of count: Int, in round: Int) -> [Int] {
    let rotated = (0..<count).map { ($0 + round / 2) % count }
    return round % 2 == 0 ? rotated : rotated.reversed()
}
