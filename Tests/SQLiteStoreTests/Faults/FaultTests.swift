#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// Each operation on the disk fails, one after the other, while a workload runs.
@Suite struct FaultTests {
    /// One way of the disk's to fail, and what callers may be told.
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: FaultRule
        let codes: Set<StoreError.Code>

        init(
            _ name: String,
            _ operation: FaultRule.Operation,
            of role: FileRole? = nil,
            _ effect: FaultRule.Effect,
            _ codes: Set<StoreError.Code>
        ) {
            self.name = name
            rule = FaultRule(operation: operation, role: role, effect: effect)
            self.codes = codes
        }

        var testDescription: String { name }
    }

    static let kinds: [Kind] = [
        Kind("failed write to the log", .write, of: .log, .fail(.input), [.outcomeUnknown, .unavailable]),
        Kind("half a write to the log", .write, of: .log, .short, [.outcomeUnknown, .unavailable]),
        Kind("failed write to the database", .write, of: .database, .fail(.input), [.unavailable]),
        Kind("full disk at the log", .write, of: .log, .fail(.full), [.full]),
        Kind("full disk at the database", .write, of: .database, .fail(.full), []),
        // SQLite does not tell a used quota from a broken disk when it commits.
        Kind("used quota at the log", .write, of: .log, .fail(.quota), [.full, .outcomeUnknown, .unavailable]),
        Kind("used quota at the database", .write, of: .database, .fail(.quota), []),
        Kind("full disk at the log's index", .map, .fail(.fullIndex), [.full, .outcomeUnknown]),
        Kind("file system turned read-only", .write, .fail(.readOnly), [.outcomeUnknown, .unavailable]),
        Kind("failed flush of the log", .sync, of: .log, .fail(.flush), [.outcomeUnknown, .unavailable]),
        Kind("failed flush of the database", .sync, of: .database, .fail(.flush), [.unavailable]),
        Kind("failed truncation", .truncate, .fail(.truncation), [.unavailable]),
        Kind("failed read of the database", .read, of: .database, .fail(.output), [.unavailable, .outcomeUnknown]),
        Kind("failed read of the log", .read, of: .log, .fail(.output), [.unavailable, .outcomeUnknown]),
    ]

    @Test(arguments: kinds)
    func noSuccessIsWrongWhateverFails(_ kind: Kind) async throws {
        var runs = 0
        var codes: [StoreError.Code: Int] = [:]
        var generator = SeededGenerator(seed: 5)
        // At one place after the other until there is none any more: once, and at some for ever.
        var place = 0
        while place < 400 {
            var rule = kind.rule
            rule.after = place
            rule.times = runs % 4 == 1 ? nil : 1
            let (workload, errors, struck) = try await Workload.run(seed: UInt64(30 + runs % 4), failing: rule)
            if struck == 0 { break }
            for error in errors { codes[error.code, default: 0] += 1 }
            // A store that takes no writes any more says so.
            let strange = errors.filter { $0.code != .unavailable && !kind.codes.contains($0.code) }
            #expect(strange.isEmpty, "\(kind.name), place \(place): \(strange)")

            let events = workload.system.events
            var disk = SimulatedDisk()
            for event in events { disk.apply(event, &generator) }
            let verdict = try await workload.verdict(disk.afterPowerLoss(.allLost, &generator), at: events.count)
            #expect(verdict == .intact(steps: workload.steps.count), "\(kind.name), place \(place)")
            runs += 1
            place += 1 + place / 3
        }
        #expect(runs > 0)
        print("FAULTS \(kind.name): \(runs) runs, \(codes.map { "\($1) \($0)" }.sorted().joined(separator: ", "))")
    }

    /// Each operation fails while an empty file becomes a store. The next attempt finds nothing in its way.
    @Test(arguments: [
        FaultRule(operation: .write, effect: .fail(.input)), FaultRule(operation: .write, effect: .short),
        FaultRule(operation: .sync, effect: .fail(.flush)), FaultRule(operation: .read, effect: .fail(.output)),
        FaultRule(operation: .truncate, effect: .fail(.truncation)),
        FaultRule(operation: .map, effect: .fail(.fullIndex)),
    ])
    func aFailureWhileAStoreIsMadeLeavesNothingInTheWay(_ rule: FaultRule) async throws {
        var refused = 0
        for place in 0..<60 {
            let directory = try TemporaryDirectory()
            let system = ObservedFileSystem()
            var configuration = SQLiteConfiguration()
            configuration.vfs = system.name
            var rule = rule
            rule.after = place
            system.fail(rule)
            let error = await refusal { () async throws(StoreError) in
                let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
                await store.close()
            }
            if system.struck == 0 { break }
            if let error {
                #expect([.unavailable, .full].contains(error.code), "\(error)")
                refused += 1
            }
            system.fail()
            let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
            try await store.put([1], at: Key("partition", "key"))
            await store.close()
            #expect(try RawDatabase(directory.file()).run("PRAGMA integrity_check") == [["ok"]])
        }
        #expect(refused > 0)
    }
}
#endif
