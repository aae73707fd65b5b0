import Testing

@testable import Files

/// Every status against every event.
@Suite struct LifecycleTests {
    private static let steps: [Status: [LifecycleEvent: Status]] = [
        .pending: [.partCame: .pending, .lastPartCame: .uploaded],
        .uploaded: [.processingBegan: .processing, .exportBegan: .processing],
        .processed: [.exportBegan: .processing],
        .processing: [
            .processingBegan: .processing, .exportBegan: .processing, .processingSucceeded: .processed,
            .processingFailed: .failed,
        ],
        .failed: [.processingBegan: .processing, .exportBegan: .processing],
    ]

    @Test(arguments: Status.allCases, LifecycleEvent.allCases)
    func nothingElseHappens(_ status: Status, _ event: LifecycleEvent) {
        #expect(status.after(event) == LifecycleTests.steps[status]?[event])
    }

    @Test func everyStatusIsReachedAndOnlyProcessedOnesAreDone() {
        var reached: Set<Status> = [.pending]
        for _ in Status.allCases {
            reached.formUnion(reached.flatMap { status in LifecycleEvent.allCases.compactMap(status.after) })
        }
        #expect(reached == Set(Status.allCases))
    }
}
