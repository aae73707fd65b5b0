import Files
import KeyValue
import Synchronization
import Testing

/// What actions cost in calls and rows of the store: numbers that no machine changes.
@Suite struct CostTests {
    @Test func aWholeUploadIsFewRows() async throws {
        let counted = Counted()
        let subject = try await Subject(over: { CountedStore(base: $0, counted: counted) })
        _ = try await subject.make("ann")
        _ = counted.taken()
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        // The record, its place among the unfinished ones of its owner and of all, and where work and expiry find it.
        #expect(counted.taken() == Cost(reads: 0, keys: 0, batches: 1, rows: 5))
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#, by: .owner("ann"))
        // The record, four of those out and two in, seven orders of two lists, one more of one, and three totals.
        #expect(counted.taken() == Cost(reads: 1, keys: 1, batches: 1, rows: 25))
        try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#, by: .owner("ann"))
        // The record, and its place by its status in two lists.
        #expect(counted.taken() == Cost(reads: 1, keys: 1, batches: 1, rows: 5))
        try await subject.ask(.info, #"{"filename":"\#(id)"}"#, by: .owner("ann"))
        // What might be an alias is looked for by it first.
        #expect(counted.taken() == Cost(reads: 2, keys: 2))
    }

    @Test func aListReadsWhatItShows() async throws {
        let counted = Counted()
        let subject = try await Subject(over: { CountedStore(base: $0, counted: counted) })
        for number in 0..<24 {
            _ = try await subject.make("ann", name: number % 8 == 7 ? "Lantern \(number)" : "Plank \(number)")
        }
        for order in ["uploadId", "startedAt", "uploadedAt"] {
            _ = counted.taken()
            try await subject.ask(
                .list,
                #"{"owner":"ann","criteria":"\#(order)","filter":{"name":{"match":"lantern"}}}"#,
                by: .owner("ann")
            )
            // Of the others the entries tell that they are not asked for.
            #expect(counted.taken().keys == 3)
        }
    }

    @Test func anAttemptOfAHookIsTwoChanges() async throws {
        let counted = Counted()
        let subject = try await Subject(
            hooks: FilesHooks(process: { _ in ProcessingOutcome() }),
            over: { CountedStore(base: $0, counted: counted) }
        )
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        _ = counted.taken()
        try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#, by: .owner("ann"))
        #expect(counted.taken() == Cost(reads: 2, keys: 2, batches: 2, rows: 10))
    }
}

/// What was asked of a store.
private struct Cost: Hashable {
    var reads = 0
    /// Of all reads.
    var keys = 0
    var batches = 0
    var rows = 0
}

private final class Counted: Sendable {
    private let cost = Mutex(Cost())

    func add(_ call: StoreCall) {
        cost.withLock { cost in
            switch call.operation {
            case .get:
                cost.reads += 1
                cost.keys += call.items
            case .write:
                cost.batches += 1
                cost.rows += call.items
            case .writeEach: Issue.record("A step of its own: \(call)")
            default: break
            }
        }
    }

    /// What was asked since the last time.
    func taken() -> Cost {
        cost.withLock { cost in
            let taken = cost
            cost = Cost()
            return taken
        }
    }
}

private struct CountedStore: StoreDecorator {
    let base: any KeyValueStore
    let counted: Counted

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        counted.add(call)
        return try await body()
    }
}
