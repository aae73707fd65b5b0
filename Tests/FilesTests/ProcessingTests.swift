import Files
import JSONFormat
import Synchronization
import Testing

/// Attempts that fail, and such that are cut off.
@Suite struct ProcessingTests {
    /// Processing that goes on until its task is cancelled, as long as it is told to.
    private final class Endless: Sendable {
        private let isEndless = Mutex(true)
        private let begun = AsyncStream.makeStream(of: Void.self)

        var hooks: FilesHooks {
            FilesHooks(process: { try await self.process($0) })
        }

        func process(_ job: ProcessingJob) async throws -> ProcessingOutcome {
            if isEndless.withLock({ $0 }) {
                begun.continuation.yield()
                // A stream of nothing ends for a task that is cancelled.
                let (never, end) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                end.finish()
                throw CancellationError()
            }
            return ProcessingOutcome(exportedName: job.exportFormat.map { "exported.\($0)" })
        }

        func end() { isEndless.withLock { $0 = false } }

        func untilBegun() async { for await _ in begun.stream { return } }
    }

    private func cutOff(_ endless: Endless, _ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        await endless.untilBegun()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func anAttemptThatIsCutOffLeavesNoClaim() async throws {
        let endless = Endless()
        let subject = try await Subject(hooks: endless.hooks)
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await cutOff(endless) {
            try await subject.ask(.finish, #"{"filename":"\#(parts[0])","await":true}"#)
        }
        #expect(try await subject.status(of: id) == "2")
        let info = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
        #expect(info.content["file"]?["error"] == nil && info.content["file"]?["error-count"] == nil)
        // The next round takes it up, long before the time of an attempt is over.
        subject.clock.advance(by: .seconds(60))
        try await cutOff(endless) { try await subject.service.processWaiting() }
        #expect(try await subject.status(of: id) == "2")
        endless.end()
        #expect(try await subject.service.processWaiting() == 1)
        #expect(try await subject.status(of: id) == "3")
    }

    @Test func whatWasHeldIsHeldAgain() async throws {
        let endless = Endless()
        let subject = try await Subject(hooks: endless.hooks)
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])","skipProcessing":true}"#)
        try await cutOff(endless) { try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#) }
        subject.clock.advance(by: .seconds(3_600))
        #expect(try await subject.service.processWaiting() == 0)
        #expect(try await subject.status(of: id) == "2")
        endless.end()
        try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#)
        #expect(try await subject.status(of: id) == "3")
    }

    @Test func anExportThatIsCutOffIsNotUnderWay() async throws {
        let endless = Endless()
        let export = Mutex<Endless?>(nil)
        let hooks = FilesHooks(process: { job in
            guard let endless = export.withLock({ $0 }) else { return ProcessingOutcome() }
            return try await endless.process(job)
        })
        let subject = try await Subject(hooks: hooks)
        let id = try await subject.make("ann")
        export.withLock { $0 = endless }
        let ask = #"{"uploadId":"\#(id)","export":{"format":"obj","compression":"gz"}}"#
        try await cutOff(endless) { try await subject.ask(.process, ask) }
        #expect(try await subject.status(of: id) == "3")
        let info = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
        #expect(info.content["file"]?["export"] == nil)
        endless.end()
        #expect(try await subject.ask(.process, ask).content["obj"]?.text == "exported.obj")
    }

    @Test func whatFailsIsTriedAfterTwiceAsLongEachTime() async throws {
        let failing = Failing()
        let subject = try await Subject(hooks: failing.hooks) {
            $0.retryDelay = .seconds(10)
            $0.retryDelayMax = .seconds(30)
            $0.processingAttemptsMax = 10
        }
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        subject.clock.advance(by: .seconds(60))
        #expect(try await subject.service.processWaiting() == 1)
        for delay in [10, 20, 30, 30] {
            subject.clock.advance(by: .seconds(delay - 1))
            #expect(try await subject.service.processWaiting() == 0)
            subject.clock.advance(by: .seconds(1))
            #expect(try await subject.service.processWaiting() == 1)
        }
        #expect(failing.calls == 5)
        // Who asks for it need not wait.
        failing.isMended.store(true)
        try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#)
        #expect(try await subject.status(of: id) == "3")
    }
}
