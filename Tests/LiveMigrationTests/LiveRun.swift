import Drivers
import Foundation
import KeyValue
import LiveMigrationWorkload
import Migration
import TestSupport

/// One run: services read and write while their records are moved there, back, and there again, and processes and
/// servers die; then every history is judged.
struct LiveRun {
    let source: StoreKind
    let target: StoreKind
    let seed: UInt64
    let coldKeys: Int
    /// How many processes of clients there are, where there are several.
    let clientProcesses: Int
    /// For how many milliseconds a client rests after each call.
    let rest: Int
    /// How often something bad happens.
    let blows: Int

    init(source: StoreKind, target: StoreKind, seed: UInt64) {
        self.source = source
        self.target = target
        self.seed = seed
        let isSlow = source.isSlow || target.isSlow
        (coldKeys, clientProcesses, rest, blows) = isSlow ? (40, 1, 100, 6) : (2_000, 2, 4, 12)
    }

    /// What a run came to.
    struct Outcome {
        var events = 0
        var unknown = 0
        var kills = 0
        var stops = 0
        var crashes = 0
        var switches = 0
        var violations: [String] = []
    }

    private static let waitMax = Duration.seconds(420)

    func run() async throws -> Outcome {
        let temporary = try TemporaryDirectory()
        let directory = temporary.path
        let control: StoreKind = source.isEmbedded && target.isEmbedded ? .sqlite : .postgresql
        let place = MigrationPlace(
            source: try await source.makeStore("source", in: directory),
            target: try await target.makeStore("target", in: directory),
            control: try await control.makeStore("control", in: directory)
        )
        let initial = try await plan(place)
        let processes = try LiveProcesses(
            ProcessPlan(
                parts: [],
                place: place,
                directory: directory,
                number: 0,
                seed: seed,
                coldKeys: coldKeys,
                rest: rest
            )
        )
        defer { processes.end() }
        if source.isEmbedded || target.isEmbedded {
            try processes.start([.clients, .worker, .lead])
        } else {
            let clients = Array(repeating: Part.clients, count: clientProcesses)
            for part in clients + [.worker, .worker, .lead] { try processes.start([part]) }
        }
        var outcome = Outcome()
        let isOver = { access(directory + "/over", F_OK) == 0 }
        outcome.crashes = try await strike(processes)
        try mark(ProcessPlan.calmMark(in: directory))
        try await wait(processes) { isOver() }
        try mark(ProcessPlan.endMark(in: directory))
        try await wait(processes) { processes.isOver }
        try processes.check()
        (outcome.kills, outcome.stops) = (processes.kills, processes.stops)
        try await judge(place, processes.histories, initial, &outcome)
        return outcome
    }

    private func mark(_ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw WorkloadError("The processes can't be told: \(path)")
        }
    }

    /// Fills the source, and plans the migration; what is there at its beginning.
    private func plan(_ place: MigrationPlace) async throws -> [Key: Int] {
        let stores = try await place.open()
        var initial: [Key: Int] = [:]
        for (index, key) in LoadClient.coldKeys(coldKeys).enumerated() { initial[key] = index }
        for (index, key) in LoadClient.hotKeys.enumerated() where index % 2 == 0 { initial[key] = coldKeys + index }
        let batches = initial.map { WriteBatch([.init(.put(LoadClient.bytes($0.value)), at: $0.key)]) }
        for result in await stores.source.write(each: batches) { _ = try result.get() }
        _ = try await MigrationController.plan(
            stores,
            source: "source",
            target: "target",
            MigrationPlan(holdMax: .seconds(20)),
            actor: "test",
            milliseconds: Lead.milliseconds
        )
        await stores.source.close()
        await stores.target.close()
        await stores.control.store.close()
        return initial
    }

    /// Lets bad things happen, at times and to whom the seed says; how often a server crashed.
    private func strike(_ processes: LiveProcesses) async throws -> Int {
        var generator = SeededGenerator(seed: seed)
        var crashes = 0
        let servers = [source, target].filter { !$0.isEmbedded }
        for _ in 0..<blows {
            try await Lapse.of(.milliseconds(Int.random(in: 20...1_200, using: &generator)))
            try processes.check()
            let chance = Int.random(in: 0..<1_000, using: &generator)
            let duration = Duration.milliseconds(Int.random(in: 50...3_500, using: &generator))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0...2: try processes.replace(chance)
            case 3...4: try await processes.stop(chance, for: duration)
            case 5:
                guard let server = servers.randomElement(using: &generator) else { continue }
                try await server.crash(chance)
                crashes += 1
            case 6:
                guard let server = servers.randomElement(using: &generator) else { continue }
                try await server.stall(chance, for: duration)
            default: break
            }
        }
        return crashes
    }

    private func wait(_ processes: LiveProcesses, until isDone: () -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + LiveRun.waitMax
        while !isDone() {
            try processes.check()
            guard clock.now < deadline else {
                throw WorkloadError("The migration does not come to its end: \(processes.words())")
            }
            try await Lapse.of(.milliseconds(20))
        }
    }

    /// The target is a store like any other now, the source says where the records are, and every history, with what
    /// is there in the end, has an explanation.
    private func judge(
        _ place: MigrationPlace,
        _ paths: [String],
        _ initial: [Key: Int],
        _ outcome: inout Outcome
    ) async throws {
        var events = try HistoryLog.read(paths.filter { FileManager.default.fileExists(atPath: $0) })
        outcome.events = events.values.reduce(0) { $0 + $1.count }
        outcome.unknown = events.values.reduce(0) { $0 + $1.count { $0.ended == nil } }
        let target = try await StoreRegistry.bundled.open(place.target)
        let end = StoreEnvironment.live.nanoseconds()
        var rows: [Key: Int] = [:]
        var cursor: Cursor?
        repeat {
            let page = try await target.scan(.all(in: .records), ScanOptions(includesTombstones: true), after: cursor)
            for row in page where !row.isTombstone { rows[row.key] = try LoadClient.number(Array(row.value)) }
            for row in page where row.isTombstone { outcome.violations.append("\(row.key) has a tombstone") }
            cursor = page.cursor
        } while cursor != nil
        for key in Set(initial.keys).union(events.keys).union(rows.keys) {
            events[key, default: []].append(KeyEvent(.read(rows[key]), began: end, ended: end + 1))
            if let event = Linearizability.unexplained(events[key] ?? [], from: initial[key]) {
                let history = (events[key] ?? []).sorted { $0.began < $1.began }
                outcome.violations.append("\(key) from \(initial[key] ?? -1): event \(event) of \(history)")
            }
        }
        let control = try ControlStore(try await StoreRegistry.bundled.open(place.control), name: "workload")
        outcome.switches = try await control.auditLog().count { $0.text == "went from targetHeld to switched" }
        await control.store.close()
        for bin in try await target.bins() {
            let marks = try await target.marks(in: bin, limit: 10, after: nil).marks.count
            if marks > 0 { outcome.violations.append("\(bin.name) has \(marks) marks") }
        }
        await target.close()
        do {
            let source = try await StoreRegistry.bundled.open(place.source)
            await source.close()
            outcome.violations.append("the source can be opened as if its records were still there")
        } catch {
            if error.code != .movedAway { throw error }
        }
    }
}
