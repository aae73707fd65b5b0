#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

extension Workload {
    /// Writes, reads and reopens while the disk fails by a rule, one call at a time; what the calls threw, and how often
    /// the disk failed.
    ///
    /// Checks on the way that no success is wrong: what was acknowledged is there whenever the store is opened again,
    /// what was refused is not, and no read gives anything else than what was written.
    static func run(
        seed: UInt64,
        failing rule: FaultRule,
        writes: Int = 18
    ) async throws -> (Workload, errors: [StoreError], struck: Int) {
        let directory = try TemporaryDirectory()
        var workload = try await Workload(seed: seed, synchronous: .full, path: directory.file())
        for _ in 0..<4 { #expect(await workload.writeAlone() == nil) }
        workload.system.fail(rule)
        var errors: [StoreError] = []
        for number in 1...writes {
            if let error = await workload.writeAlone() {
                errors.append(error)
                if [.outcomeUnknown, .unavailable].contains(error.code) {
                    errors += await workload.insistOnReopening()
                }
            }
            if let error = await workload.readAlone() { errors.append(error) }
            if number.isMultiple(of: 7) { errors += await workload.insistOnReopening() }
        }
        let struck = workload.system.struck
        workload.system.fail()
        workload.system.setRoom(nil)
        try await workload.reopen()
        try await workload.settle()
        await workload.store.close()
        #expect(errors.isEmpty || struck > 0)
        return (workload, errors, struck)
    }

    /// Writes a batch and waits for it. The error; nil when it was applied or its preconditions did not hold.
    mutating func writeAlone() async -> StoreError? {
        let batch = batch()
        let submitted = system.position
        do throws(StoreError) {
            _ = try await store.write(batch)
            append(Step(change: .batch(batch), submitted: submitted, acknowledged: system.position))
            return nil
        } catch {
            if error.code == .preconditionFailed { return nil }
            if error.code == .outcomeUnknown {
                doubtful = Step(change: .batch(batch), submitted: submitted, acknowledged: .max)
            }
            return error
        }
    }

    /// Reads a row that was written or not. The error, if any.
    private mutating func readAlone() async -> StoreError? {
        let key = key()
        var expected = [states[steps.count]]
        if let doubtful {
            expected.append(expected[0])
            expected[1].apply(doubtful.change)
        }
        do throws(StoreError) {
            let entry = try await store.get(key, ReadOptions(includesTombstones: true))
            #expect(expected.contains { $0.rows[key]?.value == entry?.value }, "\(key) has a value it never had")
            return nil
        } catch {
            return error
        }
    }

    /// Opens the store again, and again if the disk fails meanwhile. What the attempts threw.
    private mutating func insistOnReopening() async -> [StoreError] {
        var errors: [StoreError] = []
        for _ in 0..<3 {
            do throws(StoreError) {
                try await reopen()
                try await settle()
                return errors
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Reads everything, holds it against what should be there, and so learns what became of a doubtful batch.
    mutating func settle() async throws(StoreError) {
        let found = try await StoreContents.Found(reading: store)
        if let step = doubtful, states[steps.count].difference(to: found) != nil {
            append(Step(change: step.change, submitted: step.submitted, acknowledged: system.position))
        }
        doubtful = nil
        #expect(states[steps.count].difference(to: found) == nil)
    }

    /// Has the next flush of a kind of file fail, writes until the store says so, and opens it anew.
    mutating func failFlush(of role: FileRole) async throws {
        lingering = nil
        system.fail(FaultRule(operation: .sync, role: role, effect: .fail(.flush)))
        var failure: StoreError?
        for _ in 0..<100 where failure == nil { failure = await writeAlone() }
        let failed = try #require(failure)
        // A flush amid a checkpoint is nobody's write; the next one is refused.
        #expect(failed.code == .unavailable || (failed.code == .outcomeUnknown && role == .log))
        #expect(system.struck == 1)
        let next = await refusal { () async throws(StoreError) in try await store.put([], at: Key("a", "b")) }
        #expect(next?.code == .unavailable, "a store whose flush has failed takes no writes")
        try await reopen()
        try await settle()
    }
}
#endif
