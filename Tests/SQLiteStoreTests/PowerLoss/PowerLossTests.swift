#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// The store under power loss, simulated: see ``SimulatedDisk`` for what is modelled and what is not.
@Suite struct PowerLossTests {
    /// How many moments came out which way.
    private struct Tally {
        var intact = 0
        var lost = 0
        var lostMost = 0
        var broken: [String] = []

        var points: Int { intact + lost + broken.count }

        mutating func count(_ verdict: Verdict, _ loss: PowerLoss) {
            switch verdict {
            case .intact: intact += 1
            case .lost(let steps):
                lost += 1
                lostMost = max(lostMost, steps)
            case .broken(let what): broken.append("\(loss): \(what)")
            }
        }

        func report(_ name: String) {
            print(
                "POWER LOSS \(name): \(points) points, \(intact) intact, \(lost) with a tail lost (at most",
                "\(lostMost) steps), \(broken.count) broken"
            )
        }
    }

    private func tally(
        _ run: Workload,
        _ losses: [PowerLoss],
        honoursFlushes: Bool = true,
        into tally: inout Tally
    ) async throws {
        let events = run.system.events
        var generator = SeededGenerator(seed: losses.first?.seed ?? 0)
        var disk = SimulatedDisk()
        var done = 0
        for loss in losses {
            for event in events[done..<loss.point] {
                disk.apply(event, &generator)
                // A disk that lies does so from the moment at which the empty store is safe.
                if !honoursFlushes, case .sync(_, directory: true) = event { disk.honoursFlushes = false }
            }
            done = loss.point
            var files = disk.afterPowerLoss(loss.fate, &generator)
            if Bool.random(using: &generator) { files["store.db-shm"] = generator.bytes(32_768) }
            tally.count(try await run.verdict(files, at: loss.point), loss)
        }
    }

    private func tally(
        _ seeds: ClosedRange<UInt64>,
        _ synchronous: SQLiteConfiguration.Synchronous,
        points: Int,
        honoursFlushes: Bool = true
    ) async throws -> Tally {
        var tally = Tally()
        for seed in seeds {
            let run = try await Workload.run(seed: seed, synchronous: synchronous)
            let losses = PowerLoss.moments(of: run, seed: seed, count: points)
            try await self.tally(run, losses, honoursFlushes: honoursFlushes, into: &tally)
        }
        return tally
    }

    @Test func fullLosesNothingThatWasAcknowledged() async throws {
        let tally = try await tally(1...9, .full, points: 48)
        tally.report("full")
        #expect(tally.points >= 300)
        #expect(tally.lost == 0)
        #expect(tally.broken == [])
    }

    /// Shows too that the test above could fail: the same workload and disk, one setting less.
    @Test func normalLosesATailAndNothingElse() async throws {
        let tally = try await tally(1...3, .normal, points: 48)
        tally.report("normal")
        #expect(tally.lost > 0)
        #expect(tally.intact > 0)
        #expect(tally.broken == [])
    }

    /// The other control: nothing helps against a disk that says it has flushed and has not.
    @Test func aDiskThatLiesLosesWhatWasAcknowledged() async throws {
        let tally = try await tally(1...2, .full, points: 24, honoursFlushes: false)
        tally.report("full on a disk that lies")
        #expect(tally.lost > 0)
        #expect(tally.broken != [])
    }

    /// The store is opened again after the loss, and the power goes while it puts itself in order.
    @Test func aSecondLossDuringRecoveryLosesNothing() async throws {
        var tally = Tally()
        for seed: UInt64 in 11...12 {
            let run = try await Workload.run(seed: seed)
            let events = run.system.events
            var generator = SeededGenerator(seed: seed)
            var disk = SimulatedDisk()
            var done = 0
            for loss in PowerLoss.moments(of: run, seed: seed, count: 12) {
                for event in events[done..<loss.point] { disk.apply(event, &generator) }
                done = loss.point
                let files = disk.afterPowerLoss(loss.fate, &generator)
                let recovery = try await recover(files)
                let points = (0..<6).map { _ in Int.random(in: files.count...recovery.count, using: &generator) }
                for second in PowerLoss.moments(in: points.sorted(), seed: seed) {
                    var again = SimulatedDisk()
                    for event in recovery[..<second.point] { again.apply(event, &generator) }
                    let left = again.afterPowerLoss(second.fate, &generator)
                    tally.count(try await run.verdict(left, at: loss.point), second)
                }
            }
        }
        tally.report("during recovery")
        #expect(tally.points >= 100)
        #expect(tally.lost == 0)
        #expect(tally.broken == [])
    }

    /// What the disk sees while a store opens these files, writes and closes.
    private func recover(_ files: [String: [UInt8]]) async throws -> [DiskEvent] {
        let directory = try TemporaryDirectory()
        let system = ObservedFileSystem()
        for (name, bytes) in files {
            try directory.write(bytes, name)
            system.enter(name, bytes)
        }
        var configuration = SQLiteConfiguration()
        configuration.vfs = system.name
        let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
        await store.close()
        return system.events
    }

    /// After a failed flush the system may take data for flushed that never reached the disk. The store answers
    /// `outcomeUnknown`, takes no more writes, and makes everything safe anew when it is opened again.
    @Test(arguments: [FileRole.log, .database])
    func aFailedFlushLosesNothingThatWasAcknowledged(of role: FileRole) async throws {
        var tally = Tally()
        for seed: UInt64 in 21...23 {
            let run = try await Workload.run(seed: seed, rounds: 60, failingFlushesOf: role)
            let points = run.system.events.indices.filter { index in
                if case .failedSync = run.system.events[index] { true } else { false }
            }
            let after = points.flatMap { point in (point...min(point + 24, run.system.events.count)) }
            try await self.tally(run, PowerLoss.moments(in: after, seed: seed), into: &tally)
        }
        tally.report("after a failed flush of the \(role)")
        #expect(tally.points > 0)
        #expect(tally.lost == 0)
        #expect(tally.broken == [])
    }
}
#endif
