#if SQLite
import CSQLite
import KeyValue
import SQLiteStore
import TestSupport

/// One moment at which the power goes, and what becomes of what was not flushed.
struct PowerLoss: Sendable, CustomStringConvertible {
    /// Of the workload, and of what becomes of the writes.
    let seed: UInt64
    /// How many events of the record have happened.
    let point: Int
    let fate: SimulatedDisk.Fate

    var description: String { "seed \(seed), after event \(point), \(fate)" }

    /// Moments of a record, in order: at acknowledgements, around flushes, amid checkpoints, and anywhere.
    static func moments(of run: Workload, seed: UInt64, count: Int) -> [PowerLoss] {
        var generator = SeededGenerator(seed: seed ^ 0x5EED)
        let events = run.system.events
        var database: Int?
        var flushes: [Int] = []
        var checkpoints: [Int] = []
        for (index, event) in events.enumerated() {
            switch event {
            case .create(let file, "store.db"): database = file
            case .sync: flushes.append(index)
            case .write(let file, _, _) where file == database: checkpoints.append(index)
            case .truncate, .delete: checkpoints.append(index)
            default: break
            }
        }
        var moments: [PowerLoss] = []
        for index in 0..<count {
            let point: Int?
            switch index % 4 {
            case 0: point = run.steps.randomElement(using: &generator)?.acknowledged
            case 1:
                point = flushes.randomElement(using: &generator).map { $0 + Int.random(in: 0...1, using: &generator) }
            case 2: point = checkpoints.randomElement(using: &generator).map { $0 + 1 }
            default: point = Int.random(in: 0...events.count, using: &generator)
            }
            let fate = SimulatedDisk.Fate.allCases[index / 4 % SimulatedDisk.Fate.allCases.count]
            moments.append(PowerLoss(seed: seed, point: point ?? events.count, fate: fate))
        }
        return moments.sorted { $0.point < $1.point }
    }

    /// Every moment of a part of a record, with each fate by turns.
    static func moments(in points: some Sequence<Int>, seed: UInt64) -> [PowerLoss] {
        points.enumerated().map { index, point in
            let fates = SimulatedDisk.Fate.allCases
            return PowerLoss(seed: seed, point: point, fate: fates[(index + Int(seed)) % fates.count])
        }
    }
}

/// What a store is found to be after the power came back.
enum Verdict: Equatable, Sendable {
    /// Everything acknowledged is there. The contents are those after so many steps.
    case intact(steps: Int)
    /// So many acknowledged steps are gone, all at the end; what is there is whole.
    case lost(Int)
    /// There is something that never was, or nothing can be read.
    case broken(String)
}

extension Workload {
    /// The files after a power loss, opened by the store with SQLite's ordinary file system, and held against the
    /// record.
    func verdict(_ files: [String: [UInt8]], at point: Int) async throws -> Verdict {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files { try directory.write(bytes, name) }
        let found: StoreContents.Found
        do throws(StoreError) {
            let store = try await SQLiteStore.open(path: directory.file())
            do throws(StoreError) {
                found = try await StoreContents.Found(reading: store)
                await store.close()
            } catch {
                await store.close()
                throw error
            }
        } catch {
            return .broken("\(error)")
        }
        do {
            let raw = try RawDatabase(directory.file())
            let check = try raw.run("PRAGMA integrity_check")
            guard check == [["ok"]] else { return .broken("integrity check: \(check)") }
            let strays = try raw.run(
                """
                SELECT count(*) FROM large_values WHERE id NOT IN (
                    SELECT v >> 25 FROM records WHERE typeof(v) = 'integer'
                    UNION ALL SELECT v >> 25 FROM reserved_data WHERE typeof(v) = 'integer')
                """
            )
            guard strays == [["0"]] else { return .broken("large values without a row: \(strays)") }
        } catch {
            return .broken("\(error)")
        }
        return verdict(found, at: point)
    }

    private func verdict(_ found: StoreContents.Found, at point: Int) -> Verdict {
        let batches = found.entries[Workload.counter].flatMap { Counter.decode($0.value) } ?? 0
        let submitted = steps.prefix { $0.submitted <= point }.count
        let acknowledged = (steps.lastIndex { $0.acknowledged <= point } ?? -1) + 1
        var difference = "more batches are there than were submitted"
        for index in (0...submitted).reversed() where states[index].number(at: Workload.counter) == batches {
            guard let found = states[index].difference(to: found) else {
                return index >= acknowledged ? .intact(steps: index) : .lost(acknowledged - index)
            }
            difference = found
        }
        return .broken("after \(batches) batches: \(difference)")
    }
}
#endif
