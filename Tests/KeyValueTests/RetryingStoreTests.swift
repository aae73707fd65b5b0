import KeyValue
import Synchronization
import TestSupport
import Testing

/// A list of faults, one a call on the store, then none.
private final class Script: Sendable {
    private let faults: Mutex<[FaultInjectingStore.Fault?]>

    init(_ faults: [FaultInjectingStore.Fault?]) { self.faults = Mutex(faults) }

    func next() -> FaultInjectingStore.Fault? {
        faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

struct RetryingStoreTests {
    private let time = SimulatedTime()
    private let memory = MemoryStore()
    private let key = Key("p", "k")

    /// A store whose writes meet these faults in turn, behind a retrier.
    private func retrying(
        _ faults: FaultInjectingStore.Fault?...,
        reads: FaultInjectingStore.Fault?...
    ) -> RetryingStore {
        let (writes, reads) = (Script(faults), Script(reads))
        let faulty = FaultInjectingStore(memory, environment: time.environment) { call in
            call.changesStore ? writes.next() : reads.next()
        }
        return RetryingStore(faulty, policy: RetryPolicy(attemptsMax: 4), environment: time.environment)
    }

    @Test func repeatsWhatCannotHaveBeenDone() async throws {
        let busy = FaultInjectingStore.Fault.refuse(
            StoreError(.throttled, "Busy.", retryAfter: .milliseconds(700))
        )
        let store = retrying(busy, .refuse(StoreError(.unavailable, "Gone.")))
        try await store.put([1], at: key)
        #expect(try await memory.get(key)?.value == [1])
        #expect(time.slept.count == 2)
        #expect(time.slept[0] >= .milliseconds(700))
    }

    @Test func givesUpAfterItsAttempts() async {
        let down = FaultInjectingStore.Fault.refuse(StoreError(.unavailable, "Down."))
        let store = retrying(down, down, down, down, nil)
        #expect(await failureCode { try await store.put([1], at: key) } == .unavailable)
        #expect(time.slept.count == 3)
    }

    @Test func doesNotWaitLongerThanItMay() async {
        let store = retrying(.refuse(StoreError(.throttled, "Later.", retryAfter: .seconds(60))))
        #expect(await failureCode { try await store.put([1], at: key) } == .throttled)
        #expect(time.slept.isEmpty)
    }

    @Test(arguments: [StoreError.Code.full, .readOnly, .permissionDenied, .corrupted, .movedAway, .staleMode])
    func doesNotRepeatWhatCannotSucceed(_ expected: StoreError.Code) async {
        let store = retrying(.refuse(StoreError(expected, "No.")))
        #expect(await failureCode { try await store.put([1], at: key) } == expected)
        #expect(time.slept.isEmpty)
    }

    @Test func aLostReplyOfACompareAndSetIsASuccess() async throws {
        try await memory.put([1], at: key)
        let entry = try #require(try await memory.get(key))
        let store = retrying(.loseReply)
        let revision = try await store.put([2], at: key, if: .revision(entry.revision))
        let now = try #require(try await memory.get(key))
        #expect(now.value == [2])
        #expect(revision == now.revision)
    }

    @Test func aLostRequestOfACreationIsRepeated() async throws {
        let store = retrying(.loseRequest, .loseRequest)
        try await store.put([1], at: key, if: .absent)
        #expect(try await memory.get(key)?.value == [1])
    }

    @Test func aRepetitionThatFindsSomebodyElsesRowDoesNotGuess() async throws {
        try await memory.put([1], at: key)
        let entry = try #require(try await memory.get(key))
        let memory = memory
        let key = key
        let attempts = Script([.loseReply])
        // Another writer comes between the first attempt, which was applied, and its repetition.
        let other = SimulatedTime(whileSleeping: { _ = try? await memory.put([9], at: key) })
        let faulty = FaultInjectingStore(memory) { call in call.changesStore ? attempts.next() : nil }
        let store = RetryingStore(faulty, environment: other.environment)
        let code = await failureCode { try await store.put([2], at: key, if: .revision(entry.revision)) }
        #expect(code == .outcomeUnknown)
        #expect(try await memory.get(key)?.value == [9])
    }

    @Test func aPreconditionThatFailsAtOnceIsReportedAsSuch() async throws {
        try await memory.put([1], at: key)
        #expect(await failureCode { try await retrying().put([2], at: key, if: .absent) } == .preconditionFailed)
    }

    @Test func anUnconditionalWriteIsLookedUpAndNeverSentTwice() async throws {
        try await retrying(.loseReply).put([1], at: key)
        #expect(try await memory.get(key)?.value == [1])
        #expect(await failureCode { try await retrying(.loseRequest).put([2], at: key) } == .outcomeUnknown)
        #expect(try await memory.get(key)?.value == [1])
    }

    @Test func anAdditionIsNeverAppliedTwice() async throws {
        let store = retrying(.loseReply)
        let receipt = try await store.write(WriteBatch([WriteBatch.Operation(.add(5), at: key)]))
        #expect(receipt.outcomes[0].sum == 5)
        #expect(
            await failureCode { _ = try await retrying(.loseRequest).write(WriteBatch([.init(.add(5), at: key)])) }
                == .outcomeUnknown
        )
        #expect(Counter.decode(try #require(try await memory.get(key)).value) == 5)
    }

    @Test func aDeleteIfItExistsIsNotSentAgain() async throws {
        try await memory.put([1], at: key)
        let store = retrying(.loseRequest, nil)
        #expect(await failureCode { try await store.delete(key, if: .exists) } == .outcomeUnknown)
        #expect(try await memory.get(key) != nil)
    }

    @Test func independentBatchesAreResolvedOneByOne() async throws {
        let (first, second) = (Key("p", "1"), Key("p", "2"))
        let store = retrying(.refuse(StoreError(.unavailable, "Down.")), nil, .loseReply)
        let results = await store.write(
            each: [first, second].map {
                WriteBatch([WriteBatch.Operation(.put([7]), at: $0, if: .vacant)])
            }
        )
        for result in results { #expect(try result.get().outcomes[0].revision != nil) }
        #expect(try await memory.get([first, second]).compactMap(\.?.value) == [[7], [7]])
    }

    @Test func cancellationEndsTheWait() async {
        let down = FaultInjectingStore.Fault.refuse(StoreError(.unavailable, "Down."))
        let store = retrying(down, down, down)
        let key = key
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.put([1], at: key)
        }
        let result = await task.result
        #expect(throws: StoreError.self) { try result.get() }
        #expect(time.slept.isEmpty)
    }
}
